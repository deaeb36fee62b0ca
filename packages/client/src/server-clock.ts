export type ServerClock = {
  /** The server's time in milliseconds since 1970, as well as it is known; the device's own until it has been told. */
  now(): number
  /**
   * Takes over the server's time from `policy` or from a refusal.
   *
   * @param serverTime ISO 8601
   * @param askedAt the device's clock when the question left: half the way back is then allowed for
   */
  learn(serverTime: string, askedAt?: number): void
}

/** The server's clock as an offset to the device's, so that a wrong clock on the device costs nothing. */
export function createServerClock(deviceNow: () => number = Date.now): ServerClock {
  let offsetMs = 0

  return {
    now: () => deviceNow() + offsetMs,
    learn(serverTime, askedAt) {
      const toldAt = deviceNow()
      const then = Date.parse(serverTime)
      if (Number.isNaN(then)) return
      offsetMs = then - (toldAt + (askedAt ?? toldAt)) / 2
    },
  }
}
