import { randomBytes } from 'node:crypto'

const ours = randomBytes(5).toString('hex')
let count = 0

/**
 * A unique UUIDv7: the time, a counter, and ten random characters per process. Not `uuid`, whose random
 * bytes would cost the load generator time.
 */
export function mintKey(): string {
  const time = Date.now().toString(16).padStart(12, '0')
  count += 1
  const rest = `${(count % 0x1000000).toString(16).padStart(6, '0')}${ours}`.slice(0, 15)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}-a${rest.slice(3, 6)}-${ours}00`
}
