export type TurnsSettings = {
  /** How many run at once, for each name. */
  readonly atOnce: number
  /** The maximum wait for a turn, in milliseconds. */
  readonly waitMs: number
  /**
   * Work is refused at once while all turns of its name are taken and none has begun or ended for this time. After
   * work that took longer than `waitMs`, one at a time is tried until one is quicker. Default: never.
   */
  readonly silentMs?: number
  /** A turn ends only after this multiple of the duration of the work, so that the work leaves time to others. Default: 0. */
  readonly rest?: number
}

export type Turns = {
  /**
   * Runs the work when it is its turn.
   *
   * @throws NoTurnError after `waitMs`; the work was not called
   */
  readonly run: <T>(work: () => Promise<T>, place?: Place) => Promise<T>
  /** How many wait for a turn. */
  readonly waiting: () => number
  /** What is done and waits under a name, and what was refused at once since the start. */
  readonly countsOf: (name: string) => TurnCounts
}

export type TurnCounts = {
  readonly running: number
  readonly waiting: number
  readonly refused: number
}

type Place = {
  readonly name?: string | undefined
  /** Callers get turns one after the other, however much of their work waits. */
  readonly from?: string | undefined
}

export class NoTurnError extends Error {
  override readonly name = 'NoTurnError'
}

type Line = {
  running: number
  /** When work last began or ended. */
  movedAt: number
  /** The work that ended last took too long, so only one is tried, and all other work is refused. */
  isSilent: boolean
  /** The work of each caller, in the order of their next turns. */
  readonly waiting: Map<string, (() => void)[]>
}

/**
 * Limits how much runs at once. Work waits here in memory; in the database it would occupy a
 * connection, and in the pool it would stand in front of all other work.
 */
export function createTurns({
  atOnce,
  waitMs,
  silentMs = Number.POSITIVE_INFINITY,
  rest = 0,
}: TurnsSettings): Turns {
  const lines = new Map<string, Line>()
  /** Of names with `silentMs`, which are few. */
  const refused = new Map<string, number>()
  let waiting = 0

  function turnIn(line: Line, from: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = () => {
        clearTimeout(timer)
        waiting -= 1
        resolve()
      }
      const timer = setTimeout(() => {
        leave(line, from, start)
        waiting -= 1
        reject(new NoTurnError(`No turn within ${waitMs} ms.`))
      }, waitMs)
      waiting += 1
      line.waiting.set(from, [...(line.waiting.get(from) ?? []), start])
    })
  }

  function end(name: string, line: Line): void {
    line.movedAt = performance.now()
    const next = line.isSilent && line.running > 1 ? undefined : takeNext(line)
    if (next !== undefined) {
      next()
      return
    }
    line.running -= 1
    if (line.running === 0 && !line.isSilent) lines.delete(name)
  }

  return {
    async run(work, { name = '', from = '' } = {}) {
      const line = lines.get(name) ?? newLine()
      lines.set(name, line)
      // Otherwise the previous work hands over its turn.
      if (line.running < (line.isSilent ? 1 : atOnce)) {
        line.running += 1
        line.movedAt = performance.now()
      } else if (line.isSilent || performance.now() - line.movedAt > silentMs) {
        refused.set(name, (refused.get(name) ?? 0) + 1)
        throw new NoTurnError(`Nothing has ended for ${silentMs} ms.`)
      } else await turnIn(line, from)
      const begun = performance.now()
      try {
        return await work()
      } finally {
        const tookMs = performance.now() - begun
        line.isSilent = silentMs !== Number.POSITIVE_INFINITY && tookMs > waitMs
        const restMs = rest * tookMs
        if (rest === 0) end(name, line)
        else setTimeout(end, restMs, name, line)
      }
    },
    waiting: () => waiting,
    countsOf(name) {
      const line = lines.get(name)
      return {
        running: line?.running ?? 0,
        waiting: [...(line?.waiting.values() ?? [])].flat().length,
        refused: refused.get(name) ?? 0,
      }
    },
  }
}

function newLine(): Line {
  return { running: 0, movedAt: 0, isSilent: false, waiting: new Map() }
}

/** The oldest work of the caller whose turn it is; that caller moves to the end. */
function takeNext({ waiting }: Line): (() => void) | undefined {
  for (const [from, [next, ...others]] of waiting) {
    waiting.delete(from)
    if (others.length > 0) waiting.set(from, others)
    return next
  }
  return undefined
}

function leave({ waiting }: Line, from: string, start: () => void): void {
  const others = (waiting.get(from) ?? []).filter((each) => each !== start)
  if (others.length > 0) waiting.set(from, others)
  else waiting.delete(from)
}
