import type { Member } from './batch-member.ts'

/**
 * Sends the two halves of each failed batch, one after another, while new
 * batches go on beside it. With one bad member among 128 that is 14 statements.
 */
export function createHalves(send: (members: readonly Member[]) => Promise<void>) {
  const parts: (readonly Member[])[] = []
  let isSending = false

  async function sendAll(): Promise<void> {
    isSending = true
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) await send(part)
    isSending = false
  }

  return {
    add(batch: readonly Member[]): void {
      const middle = Math.ceil(batch.length / 2)
      parts.push(batch.slice(0, middle), batch.slice(middle))
      if (!isSending) void sendAll()
    },
  }
}
