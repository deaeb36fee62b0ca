import type { createPool } from '@idem/database/pool'

export type Query = (text: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>

export type CancellableQuerySettings = {
  readonly pool: ReturnType<typeof createPool>
  /** The statement time-out of the pool's sessions. */
  readonly statementMs: number
  /** Cancels a running query, also while it still connects. */
  readonly signal: AbortSignal
}

/** Runs statements that may take longer than a request and can be cancelled. */
export function cancellableQuery({ pool, statementMs, signal }: CancellableQuerySettings): Query {
  return async function query(text, values) {
    const client = await pool.connect()
    let isReleased = false
    const release = (destroy: boolean) => {
      if (!isReleased) client.release(destroy)
      isReleased = true
    }
    // Destroying the connection ends the statement for us; the server notices by itself.
    const cancel = () => release(true)
    signal.addEventListener('abort', cancel, { once: true })
    try {
      signal.throwIfAborted()
      const statement = { text, values: [...values], query_timeout: statementMs + 5_000 }
      return (await client.query(statement)).rows
    } finally {
      signal.removeEventListener('abort', cancel)
      release(signal.aborted)
    }
  }
}
