const firstMs = 500
const longestMs = 60_000
/** The longest wait that a server can ask for: a longer one may be an error, of the server or of a clock. */
const longestAskedMs = 3_600_000

/**
 * How long to wait after so many attempts: a random time up to 0.5 s, doubling to
 * 60 s. Full jitter, so that a thousand clients that lost the same server do not all
 * come back at once. The wait that the server asked for is a minimum, with a little
 * spread for the same reason, up to an hour.
 */
export function backoff(attempts: number, random: () => number, askedMs = 0): number {
  const jitter = random() * Math.min(longestMs, firstMs * 2 ** (attempts - 1))
  const asked = askedMs > 0 ? askedMs + random() * firstMs : 0
  return Math.min(longestAskedMs, Math.max(jitter, asked))
}
