import type { Member } from './batch-member.ts'

/** Members for one statement: their effects are made, or their decided outcomes stored. */
export type Part<Draft> = {
  readonly form: 'make' | 'store'
  readonly members: readonly Member<Draft>[]
}

/**
 * Measured with keys that another session holds: two parts take six levels to
 * find one bad member of 64, and all the others of its part wait at each level
 * for the lock time-out. Eight parts take two.
 */
const mostParts = 8

export function split<Draft>({ form, members }: Part<Draft>): Part<Draft>[] {
  const size = Math.ceil(members.length / mostParts)
  const parts: Part<Draft>[] = []
  for (let at = 0; at < members.length; at += size) {
    parts.push({ form, members: members.slice(at, at + size) })
  }
  return parts
}

/** Sends parts one after another, while new batches go on beside them. */
export function createPartsQueue<Draft>(send: (part: Part<Draft>) => Promise<void>) {
  const waiting: Part<Draft>[] = []
  let isSending = false

  async function sendAll(): Promise<void> {
    isSending = true
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) await send(part)
    isSending = false
  }

  return function add(...parts: readonly Part<Draft>[]): void {
    waiting.push(...parts)
    if (!isSending) void sendAll()
  }
}
