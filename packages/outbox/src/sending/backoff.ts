const firstMs = 500
const longestMs = 60_000

/**
 * How long to wait after so many attempts: anything between nothing and 0.5 s
 * doubling to 60 s. Full jitter, so that a thousand clients that lost the same
 * server do not all come back at once. What the server asked for is a minimum,
 * with a little spread for the same reason.
 */
export function backoff(attempts: number, random: () => number, askedMs = 0): number {
  const ceiling = Math.min(longestMs, firstMs * 2 ** (attempts - 1))
  const jitter = random() * ceiling
  return askedMs > 0 ? Math.max(jitter, askedMs + random() * firstMs) : jitter
}
