/** One event of a history: a call of a sender, or its result. */
export type HistoryEvent = {
  /** Milliseconds since the start of the run. */
  readonly at: number
  readonly sender: number
  /** The key; for a call without one, a name that its retries share. */
  readonly key: string
  readonly operation: Operation
  /** The input: a title, or the id of the todo to delete or restore; empty where the key is the whole input. */
  readonly input: string
  readonly happened:
    | { readonly kind: 'invoke' }
    /** `body` is the SHA-256 of the stored answer; `id` its todo. */
    | {
        readonly kind: 'ok'
        readonly body: string
        readonly id: string
        readonly version?: number | undefined
      }
    /** The outcome of a key: the answer to `cancel` and `outcomeOf`. */
    | { readonly kind: 'reported'; readonly body: string; readonly outcome: ReportedOutcome }
    | {
        readonly kind: 'refused'
        readonly body: string
        readonly code: string
        readonly retry: string
        /** The current version of the todo, where that is the reason. */
        readonly currentVersion?: number | undefined
      }
    /** No answer, or an unreadable one. */
    | { readonly kind: 'unknown'; readonly why: string }
}

export type Operation =
  | 'createTodo'
  | 'updateTodo'
  | 'deleteTodo'
  | 'restoreTodo'
  | 'cancel'
  | 'outcomeOf'

export type ReportedOutcome = {
  readonly state: 'unused' | 'answered' | 'cancelled' | 'forgotten'
  /** The answered operation. */
  readonly operation?: string | undefined
  /** The SHA-256 of the reported answer, to be compared with `body`. */
  readonly answer?: string | undefined
  /** The code of the reported refusal. */
  readonly refusal?: string | undefined
}

export type Call = Pick<HistoryEvent, 'sender' | 'key' | 'operation' | 'input'>

export type History = {
  readonly events: readonly HistoryEvent[]
  /** Milliseconds since the start of the run. */
  readonly now: () => number
  /** Calls since the start of the run. */
  readonly calls: () => number
  readonly record: (call: Call, happened: HistoryEvent['happened']) => void
  /** Resolves after this many further answers. */
  readonly answers: (count: number) => Promise<void>
  /** Resolves after this many calls since the start of the run. */
  readonly attempts: (count: number) => Promise<void>
  /** Resolves when each sender has got this many further answers in a row. */
  readonly streaks: (senders: number, count: number) => Promise<void>
}

/** Called for each event; returns true when it is done. */
type Watcher = (event: HistoryEvent) => boolean

export function createHistory(): History {
  const begun = performance.now()
  const events: HistoryEvent[] = []
  let begunCalls = 0
  let watching: { see: Watcher; resolve: () => void }[] = []

  const now = () => Math.round(performance.now() - begun)
  const until = (see: Watcher): Promise<void> =>
    new Promise((resolve) => watching.push({ see, resolve }))

  return {
    events,
    now,
    calls: () => begunCalls,
    record(call, happened) {
      const event = { at: now(), ...call, happened }
      events.push(event)
      if (happened.kind === 'invoke') begunCalls += 1
      watching = watching.filter(({ see, resolve }) => {
        const enough = see(event)
        if (enough) resolve()
        return !enough
      })
    },
    answers: (count) => until(counting(count, isAcknowledged)),
    async attempts(count) {
      if (begunCalls < count) await until(() => begunCalls >= count)
    },
    streaks: (senders, count) => until(streaking(senders, count)),
  }
}

function counting(count: number, counts: (event: HistoryEvent) => boolean): Watcher {
  let left = count
  return (event) => {
    if (counts(event)) left -= 1
    return left <= 0
  }
}

function streaking(senders: number, count: number): Watcher {
  const streaks = new Map<number, number>()
  const done = new Set<number>()
  return (event) => {
    if (event.happened.kind === 'invoke') return false
    const streak = isFinal(event) ? (streaks.get(event.sender) ?? 0) + 1 : 0
    streaks.set(event.sender, streak)
    if (streak >= count) done.add(event.sender)
    return done.size >= senders
  }
}

function isAcknowledged({ happened }: HistoryEvent): boolean {
  return happened.kind === 'ok' || happened.kind === 'reported'
}

/** Whether the result settles a call, so that there is no reason to repeat it. */
export function isFinal(event: HistoryEvent): boolean {
  const { happened } = event
  if (happened.kind !== 'refused') return isAcknowledged(event)
  // Without a key the advice is to ask a person to check the todo; the sender repeats instead.
  return happened.retry !== 'same_key' && happened.code !== 'unavailable'
}

/** A key contains no space; the name of a call without a key does. */
export function isKey(name: string): boolean {
  return !name.includes(' ')
}
