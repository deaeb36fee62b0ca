let offsetMs = 0

/** Milliseconds since 1970 by the server's clock, as far as a refusal has told it; otherwise by the device's. */
export function serverNow(): number {
  return Date.now() + offsetMs
}

/** Takes the time of a refusal of a key, so that the next key is accepted whatever the device's clock says. */
export function learnServerTime(serverTime: string): void {
  const now = Date.parse(serverTime)
  if (now) offsetMs = now - Date.now()
}
