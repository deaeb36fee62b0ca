import { randomBytes } from 'node:crypto'

const ours = randomBytes(5).toString('hex')
let count = 0

/**
 * A UUIDv7 no other call gives: the time, a count, and ten random characters of
 * this process. Not `uuid`, whose randomness would be a cost of the load
 * generator's alone.
 */
export function mintKey(): string {
  const time = Date.now().toString(16).padStart(12, '0')
  count += 1
  const rest = `${(count % 0x1000000).toString(16).padStart(6, '0')}${ours}`.slice(0, 15)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}-a${rest.slice(3, 6)}-${ours}00`
}
