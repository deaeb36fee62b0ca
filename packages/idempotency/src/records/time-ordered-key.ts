const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

/** When a time-ordered key, a UUIDv7, was minted (RFC 9562 §5.7); null for an opaque key, which has no time. */
export function mintedAt(key: string): Date | null {
  const ms = mintedMs(key)
  return ms === null ? null : new Date(ms)
}

/** The same in milliseconds since 1970, for a parameter: every driver sends a number unchanged, but a date in its own format. */
export function mintedMs(key: string): number | null {
  if (!uuidV7.test(key)) return null
  return Number.parseInt(key.slice(0, 8) + key.slice(9, 13), 16)
}
