/**
 * A UUIDv7: 48 bits of time in milliseconds, then random bits. A server can tell
 * by its time whether it may have forgotten such a key.
 */
export function mintKey(now: number): string {
  const time = Math.floor(now).toString(16).padStart(12, '0')
  const bytes = crypto.getRandomValues(new Uint8Array(10))
  const random = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  const variant = (8 + ((bytes[2] ?? 0) % 4)).toString(16)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(1, 4)}-${variant}${random.slice(5, 8)}-${random.slice(8)}`
}
