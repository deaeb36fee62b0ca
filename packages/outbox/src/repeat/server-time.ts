let offsetMs = 0

/** Milliseconds since 1970 by the server's clock, if a refusal has contained it; otherwise by the device's. */
export function serverNow(): number {
  return Date.now() + offsetMs
}

/** Takes the time from a refusal of a key, so that the next key is accepted even if the device's clock is wrong. */
export function learnServerTime(serverTime: string): void {
  const now = Date.parse(serverTime)
  if (now) offsetMs = now - Date.now()
}
