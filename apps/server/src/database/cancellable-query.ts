import type { createPool } from '@idem/database/pool'

export type Query = (text: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>

export type CancellableQuerySettings = {
  readonly pool: ReturnType<typeof createPool>
  /** As the sessions of the pool have it. */
  readonly statementMs: number
  /** Gives up what is under way, also while the connection for it is being made. */
  readonly signal: AbortSignal
}

/** Statements that may take longer than a request, and can be given up. */
export function cancellableQuery({ pool, statementMs, signal }: CancellableQuerySettings): Query {
  return async function query(text, values) {
    const client = await pool.connect()
    let isReleased = false
    const release = (destroy: boolean) => {
      if (!isReleased) client.release(destroy)
      isReleased = true
    }
    // Destroyed, the connection ends the statement for us; the server notices on its own.
    const giveUp = () => release(true)
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      signal.throwIfAborted()
      const statement = { text, values: [...values], query_timeout: statementMs + 5_000 }
      return (await client.query(statement)).rows
    } finally {
      signal.removeEventListener('abort', giveUp)
      release(signal.aborted)
    }
  }
}
