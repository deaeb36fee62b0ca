const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

/** When a timed key, a UUIDv7, says it was minted (RFC 9562 §5.7); null for an opaque key, which says nothing. */
export function mintedAt(key: string): Date | null {
  if (!uuidV7.test(key)) return null
  return new Date(Number.parseInt(key.slice(0, 8) + key.slice(9, 13), 16))
}
