/**
 * A UUIDv7: the time in milliseconds, then 72 random bits. A server can tell by its
 * time whether it may have forgotten such a key.
 */
export function mintKey(now: number): string {
  const time = Math.floor(now).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-8${hex(3)}-${hex(12)}`
}

function hex(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length))
  return Array.from(bytes, (byte) => (byte % 16).toString(16)).join('')
}
