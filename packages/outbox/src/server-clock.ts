export type ServerClock = {
  /** The estimated server time in milliseconds since 1970; the device's time before the first `learn`. */
  now(): number
  /**
   * Learns the server's time, so that keys minted from now on are accepted even if the device's clock
   * is wrong.
   *
   * @param serverTime ISO 8601
   * @param askedAt the device's clock at the request, to correct for half of the round trip
   */
  learn(serverTime: string | undefined, askedAt?: number): void
}

/** The server's clock as an offset to the device's clock. */
export function createServerClock(deviceNow: () => number = Date.now): ServerClock {
  let offsetMs = 0
  return {
    now: () => deviceNow() + offsetMs,
    learn(serverTime, askedAt = deviceNow()) {
      // Undefined, or not a time: nothing is learnt.
      const then = Date.parse(`${serverTime}`)
      if (then) offsetMs = then - (askedAt + deviceNow()) / 2
    },
  }
}
