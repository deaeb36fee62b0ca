/**
 * A UUIDv7: 48 bits of time in milliseconds, then random bits. A server can tell
 * by its time whether it may have forgotten such a key.
 */
export function mintKey(now: number): string {
  const time = Math.floor(now).toString(16).padStart(12, '0')
  const random = crypto.getRandomValues(new Uint8Array(19)).values()
  return `${time.slice(0, 8)}-${time.slice(8)}-7xxx-yxxx-xxxxxxxxxxxx`.replace(/[xy]/g, (place) => {
    const digit = Number(random.next().value) % 16
    return (place === 'x' ? digit : 8 + (digit % 4)).toString(16)
  })
}
