type Fetch = typeof globalThis.fetch

export type Faults = {
  readonly dropsAnswers: boolean
  readonly sendsTwice: boolean
  readonly waits: boolean
  readonly isOffline: boolean
}

type Settings = {
  readonly send: Fetch
  readonly faults: () => Faults
  /** A keyed request was sent once more than its sender knows. */
  readonly onDuplicate: (key: string) => void
  /** A keyed request was not sent. */
  readonly onHeldBack: (key: string) => void
}

/** The number of answers dropped for each mutation, so that a change is saved while the fault is on. */
const dropsPerMutation = 2
/** Less than the time-out of an attempt, 12 s. */
const waitMs = 5_000

/** A `fetch` with faults that networks have: the server works, and the client cannot know it. */
export function createFaultyFetch({ send, faults, onDuplicate, onHeldBack }: Settings): Fetch {
  const drops = new Map<string, number>()

  /** Whether to drop the answer of this mutation once more. */
  function drop(mutation: string): boolean {
    const count = drops.get(mutation) ?? 0
    if (count === dropsPerMutation) drops.delete(mutation)
    else drops.set(mutation, count + 1)
    return count < dropsPerMutation
  }

  return async function faultyFetch(input, init) {
    const { isOffline, waits, sendsTwice, dropsAnswers } = faults()
    const key = keyOf(init?.body)
    if (isOffline) {
      if (key !== undefined) onHeldBack(key)
      throw noNetwork()
    }
    if (waits) await pause(init?.signal)
    if (sendsTwice) {
      if (key !== undefined) onDuplicate(key)
      send(input, init).catch(() => undefined)
    }
    const answer = await send(input, init)
    // The answer is here, so the server has committed.
    if (dropsAnswers && init?.method === 'POST' && drop(`${input} ${init.body}`)) throw noNetwork()
    return answer
  }
}

/** What a browser throws without a network. */
function noNetwork(): TypeError {
  return new TypeError('the network lab dropped it')
}

function pause(signal: AbortSignal | null | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, waitMs)
    signal?.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}

function keyOf(body: unknown): string | undefined {
  if (typeof body !== 'string') return undefined
  try {
    const { idempotencyKey } = Object(JSON.parse(body))
    return typeof idempotencyKey === 'string' ? idempotencyKey : undefined
  } catch {
    return undefined
  }
}
