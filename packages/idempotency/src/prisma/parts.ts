import { AsyncLocalStorage } from 'node:async_hooks'
import type { Query } from '../adapter.ts'

/** A transaction, or a part of one, that can have parts. */
type Level = {
  /** Names the transaction. */
  readonly query: Query
  /** Where it was opened: in a part of this transaction or of another one. */
  readonly around: Level | undefined
  state: 'open' | 'done' | 'failed'
  /** Ends with the part that was opened last. */
  last: Promise<unknown>
}

const current = new AsyncLocalStorage<Level>()

/**
 * The parts of one transaction, each with a savepoint. Two that are opened at
 * once follow one another: savepoints are a stack, so the end of one would end
 * the other as well, and its writes would be gone although it resolved. A part
 * inside a part does not wait for the one around it.
 */
export function createParts(query: Query) {
  const whole = newLevel(query, undefined)

  function openLevel(): Level {
    let level = current.getStore()
    while (level !== undefined && !(level.query === query && level.state === 'open')) {
      level = level.around
    }
    return level ?? whole
  }

  return {
    /** Whether this is called by the work of a part that has failed: what it still writes would outlive the part. */
    isInFailed(): boolean {
      for (let level = current.getStore(); level !== undefined; level = level.around) {
        if (level.query === query && level.state === 'failed') return true
      }
      return false
    },

    add<T>(work: () => Promise<T>): Promise<T> {
      const around = openLevel()
      const level = newLevel(query, current.getStore())
      const part = around.last.then(() => withSavepoint(level, work))
      around.last = part.catch(() => undefined)
      return part
    },
  }
}

function newLevel(query: Query, around: Level | undefined): Level {
  return { query, around, state: 'open', last: Promise.resolve() }
}

/** A part that fails leaves nothing, also where the effect catches its error and goes on. */
async function withSavepoint<T>(level: Level, work: () => Promise<T>): Promise<T> {
  const { query } = level
  await query('savepoint part', [])
  try {
    const result = await current.run(level, work)
    level.state = 'done'
    await query('release savepoint part', [])
    return result
  } catch (error) {
    level.state = 'failed'
    await query('rollback to savepoint part', [])
    // Or it would hide the savepoint of the part around this one.
    await query('release savepoint part', [])
    throw error
  }
}
