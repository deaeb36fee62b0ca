import type { Member } from './waiting-members.ts'
import { mostInBatch } from './waiting-members.ts'

/**
 * What a statement does: `execute` claims the keys, has the effects and stores the answers; `read`
 * reads what decides the outcomes, and changes nothing; `store` claims the keys and stores outcomes
 * that were decided without an effect.
 */
export type StatementKind = 'execute' | 'read' | 'store'

/** Members of one statement. */
export type Part<Draft> = {
  readonly kind: StatementKind
  readonly members: readonly Member<Draft>[]
}

/**
 * Measured with keys that another session holds: with two parts it takes six
 * levels to find one bad member of 64, and the other members of its part wait for
 * the lock timeout at each level. With eight parts it takes two.
 */
const mostParts = 8

export function split<Draft>({ kind, members }: Part<Draft>): Part<Draft>[] {
  const size = Math.ceil(members.length / mostParts)
  const parts: Part<Draft>[] = []
  for (let at = 0; at < members.length; at += size) {
    parts.push({ kind, members: members.slice(at, at + size) })
  }
  return parts
}

/** Sends parts one after another, while new batches go on beside them. */
export function createPartsQueue<Draft>(send: (part: Part<Draft>) => Promise<void>) {
  const waiting: WaitingPart<Draft>[] = []
  let isSending = false

  async function sendAll(): Promise<void> {
    isSending = true
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) await send(part)
    isSending = false
  }

  function add(...parts: readonly WaitingPart<Draft>[]): void {
    waiting.push(...parts)
    if (!isSending) void sendAll()
  }

  return {
    /** Each by itself: one of them contains the member that fails. */
    addSplit(parts: readonly Part<Draft>[]): void {
      add(...parts.map(({ kind, members }) => ({ kind, members: [...members] })))
    },

    /**
     * Joins others that wait for the same statement, unless it has one of their keys already. Each commits by
     * itself, so twenty small ones would take twenty times as long.
     */
    addTogether({ kind, members }: Part<Draft>): void {
      const names = members.map((member) => member.names.key)
      const room = mostInBatch - members.length
      const other = waiting.find(
        ({ kind: same, members: { length }, keys }) =>
          keys !== undefined &&
          same === kind &&
          length <= room &&
          !names.some((name) => keys.has(name)),
      )
      if (other === undefined) {
        add({ kind, members: [...members], keys: new Set(names) })
        return
      }
      other.members.push(...members)
      for (const name of names) other.keys?.add(name)
    },
  }
}

type WaitingPart<Draft> = {
  readonly kind: StatementKind
  readonly members: Member<Draft>[]
  /** Undefined for one that nothing joins. */
  readonly keys?: Set<string>
}
