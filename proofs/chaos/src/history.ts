/** One line of a history: a sender called, or heard what came of it. */
export type HistoryEvent = {
  /** Milliseconds since the run began. */
  readonly at: number
  readonly sender: number
  /** The key, or for a call without one a name that its retries share. */
  readonly key: string
  readonly operation: 'createTodo' | 'deleteTodo'
  /** What was asked for: the title of a create, the id of a delete. */
  readonly input: string
  readonly happened:
    | { readonly kind: 'invoke' }
    /** `body` is the SHA-256 of the answer as it came, to the byte; `id` the todo it names. */
    | { readonly kind: 'ok'; readonly body: string; readonly id: string }
    | {
        readonly kind: 'refused'
        readonly body: string
        readonly code: string
        readonly retry: string
      }
    /** No answer came, or none that could be read. */
    | { readonly kind: 'unknown'; readonly why: string }
}

export type Call = Pick<HistoryEvent, 'sender' | 'key' | 'operation' | 'input'>

export type History = {
  readonly events: readonly HistoryEvent[]
  readonly record: (call: Call, happened: HistoryEvent['happened']) => void
  /** Resolves when so many more calls have been answered. */
  readonly answers: (count: number) => Promise<void>
}

export function createHistory(): History {
  const begun = performance.now()
  const events: HistoryEvent[] = []
  let waiting: { left: number; resolve: () => void }[] = []

  return {
    events,
    record(call, happened) {
      events.push({ at: Math.round(performance.now() - begun), ...call, happened })
      if (happened.kind !== 'ok') return
      for (const one of waiting) if (--one.left === 0) one.resolve()
      waiting = waiting.filter(({ left }) => left > 0)
    },
    answers(count) {
      return new Promise((resolve) => waiting.push({ left: count, resolve }))
    },
  }
}

/** What settles a call: whoever hears it has no reason to send it again. */
export function isFinal({ happened }: HistoryEvent): boolean {
  return happened.kind === 'ok' || (happened.kind === 'refused' && happened.retry !== 'same_key')
}
