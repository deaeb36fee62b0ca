export type TurnsSettings = {
  /** How many run at once, for each name. */
  readonly atOnce: number
  /** The maximum wait for a turn, in milliseconds. */
  readonly waitMs: number
  /** A turn ends after so many times the duration of the work, so that the work leaves time to others. Default: 0. */
  readonly rest?: number
}

export type Turns = {
  /**
   * Runs the work when it is its turn, in the order of arrival.
   *
   * @throws NoTurnError after `waitMs`; the work was not called
   */
  readonly run: <T>(work: () => Promise<T>, name?: string) => Promise<T>
  /** How many wait for a turn. */
  readonly waiting: () => number
}

export class NoTurnError extends Error {
  override readonly name = 'NoTurnError'
}

type Line = { running: number; readonly waiting: (() => void)[] }

/**
 * Limits how much runs at once. Work waits here in memory; in the database it would occupy a
 * connection, and in the pool it would stand in front of all other work.
 */
export function createTurns({ atOnce, waitMs, rest = 0 }: TurnsSettings): Turns {
  const lines = new Map<string, Line>()
  let waiting = 0

  function turnIn(line: Line): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = () => {
        clearTimeout(timer)
        waiting -= 1
        resolve()
      }
      const timer = setTimeout(() => {
        line.waiting.splice(line.waiting.indexOf(start), 1)
        waiting -= 1
        reject(new NoTurnError(`No turn within ${waitMs} ms.`))
      }, waitMs)
      waiting += 1
      line.waiting.push(start)
    })
  }

  function end(name: string, line: Line): void {
    const next = line.waiting.shift()
    if (next !== undefined) return next()
    line.running -= 1
    if (line.running === 0) lines.delete(name)
  }

  return {
    async run(work, name = '') {
      const line = lines.get(name) ?? { running: 0, waiting: [] }
      lines.set(name, line)
      // Otherwise the turn of the one before is handed over.
      if (line.running >= atOnce) await turnIn(line)
      else line.running += 1
      const begun = performance.now()
      try {
        return await work()
      } finally {
        const restMs = rest * (performance.now() - begun)
        if (rest === 0) end(name, line)
        else setTimeout(end, restMs, name, line)
      }
    },
    waiting: () => waiting,
  }
}
