import { AsyncLocalStorage } from 'node:async_hooks'
import type { Query } from '../adapter.ts'

/** A transaction or a nested one, in which others can be nested. */
type Level = {
  /** Names the transaction. */
  readonly query: Query
  /** Where it was opened: nested in this transaction or in another one. */
  readonly around: Level | undefined
  state: 'open' | 'done' | 'failed'
  /** Ends with the nested transaction that was opened last. */
  last: Promise<unknown>
}

const current = new AsyncLocalStorage<Level>()

export type Savepoints = ReturnType<typeof createSavepoints>

/**
 * The nested transactions of one transaction, each with a savepoint. Two that are
 * opened at once run one after the other: savepoints are a stack, so the end of one
 * would end the other as well, and its writes would be lost although it resolved.
 * A nested transaction inside another does not wait for the outer one.
 */
export function createSavepoints(query: Query) {
  const whole = newLevel(query, undefined)
  let running = 0

  /** The nested transaction around the caller in this state. */
  function levelIn(state: Level['state']): Level | undefined {
    let level = current.getStore()
    while (level && (level.query !== query || level.state !== state)) level = level.around
    return level
  }

  return {
    /** Whether the caller belongs to a nested transaction that has failed: its writes would outlive the rollback. */
    isInFailed: () => levelIn('failed') !== undefined,

    /** Whether a nested transaction has not ended. */
    isRunning: () => running > 0,

    // One function awaits each promise here: with two, `nameOfCaller` would not find the effect.
    async add<T>(work: () => Promise<T>): Promise<T> {
      const around = levelIn('open') ?? whole
      const level = newLevel(query, current.getStore())
      const { last } = around
      const { promise, resolve } = Promise.withResolvers<void>()
      around.last = promise
      running += 1
      try {
        await last
        return await withSavepoint(level, work)
      } finally {
        running -= 1
        resolve()
      }
    },
  }
}

function newLevel(query: Query, around: Level | undefined): Level {
  return { query, around, state: 'open', last: Promise.resolve() }
}

/** A nested transaction that fails leaves nothing, also when the effect catches its error and continues. */
async function withSavepoint<T>(level: Level, work: () => Promise<T>): Promise<T> {
  const { query } = level
  await query(`savepoint ${savepoint}`, [])
  try {
    const result = await current.run(level, work)
    level.state = 'done'
    return result
  } catch (error) {
    level.state = 'failed'
    await query(`rollback to savepoint ${savepoint}`, [])
    throw error
  } finally {
    // A savepoint that is left would hide that of the outer nested transaction.
    await query(`release savepoint ${savepoint}`, [])
  }
}

/** The name is used by nobody else: a savepoint of the effect with it would be the one that is rolled back to. */
const savepoint = '"@idem/part"'
