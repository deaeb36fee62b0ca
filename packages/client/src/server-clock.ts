export type ServerClock = {
  /** The estimated server time in milliseconds since 1970; the device's time before the first `learn`. */
  now(): number
  /**
   * Learns the server's time from `policy` or from a refusal.
   *
   * @param serverTime ISO 8601
   * @param askedAt the device's clock at the request, to correct for half of the round trip
   */
  learn(serverTime: string, askedAt?: number): void
}

/** The server's clock as an offset to the device's clock, so that a wrong device clock has no effect. */
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
