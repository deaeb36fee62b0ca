import type { Member } from './batch-member.ts'

/**
 * Measured with keys that another session holds: two parts take six levels to
 * find one bad member of 64, and all the others of its part wait at each level
 * for the lock time-out. Eight parts take two.
 */
const mostParts = 8

/** Sends the parts of each failed batch, one after another, while new batches go on beside it. */
export function createParts(send: (members: readonly Member[]) => Promise<void>) {
  const parts: (readonly Member[])[] = []
  let isSending = false

  async function sendAll(): Promise<void> {
    isSending = true
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) await send(part)
    isSending = false
  }

  return {
    add(batch: readonly Member[]): void {
      const size = Math.ceil(batch.length / mostParts)
      for (let at = 0; at < batch.length; at += size) parts.push(batch.slice(at, at + size))
      if (!isSending) void sendAll()
    },
  }
}
