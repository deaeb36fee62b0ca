/** One line of a history: a sender called, or heard what came of it. */
export type HistoryEvent = {
  /** Milliseconds since the run began. */
  readonly at: number
  readonly sender: number
  /** The key, or for a call without one a name that its retries share. */
  readonly key: string
  readonly operation: Operation
  /** What was asked for: a title, or the id of what is to be deleted or restored; nothing where the key says all. */
  readonly input: string
  readonly happened:
    | { readonly kind: 'invoke' }
    /** `body` is the SHA-256 of what was stored, to the byte; `id` the todo it names. */
    | {
        readonly kind: 'ok'
        readonly body: string
        readonly id: string
        readonly version?: number | undefined
      }
    /** What became of a key: the answer to `cancel` and `outcomeOf`. */
    | { readonly kind: 'reported'; readonly body: string; readonly outcome: ReportedOutcome }
    | {
        readonly kind: 'refused'
        readonly body: string
        readonly code: string
        readonly retry: string
        /** The version at which the todo stands, where that is the reason. */
        readonly standing?: number | undefined
      }
    /** No answer came, or none that could be read. */
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
  /** The operation that was answered. */
  readonly operation?: string | undefined
  /** The SHA-256 of the answer told, to be compared with `body`. */
  readonly answer?: string | undefined
  /** The code of the refusal told. */
  readonly refusal?: string | undefined
}

export type Call = Pick<HistoryEvent, 'sender' | 'key' | 'operation' | 'input'>

export type History = {
  readonly events: readonly HistoryEvent[]
  /** Milliseconds since the run began. */
  readonly now: () => number
  readonly record: (call: Call, happened: HistoryEvent['happened']) => void
  /** Resolves when so many more calls have been answered. */
  readonly answers: (count: number) => Promise<void>
  /** Resolves when so many calls have been begun, from the start of the run. */
  readonly attempts: (count: number) => Promise<void>
  /** Resolves when each of the senders has had so many answers in a row, from now on. */
  readonly streaks: (senders: number, count: number) => Promise<void>
}

/** Sees one event after the other; true when it has seen enough. */
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

/** What settles a call: whoever hears it has no reason to send it again. */
export function isFinal(event: HistoryEvent): boolean {
  const { happened } = event
  if (happened.kind !== 'refused') return isAcknowledged(event)
  // Without a key the advice is to ask a person, who would look at the todo; the sender does so by asking again.
  return happened.retry !== 'same_key' && happened.code !== 'unavailable'
}

/** A key has no space in it; the name of a call without one does. */
export function isKey(name: string): boolean {
  return !name.includes(' ')
}
