import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect: (options: { readonly type: 'major' | 'minor' }) => void = runInNewContext('gc')

const waves = 50
/** Requests of one wave, in progress at once. */
const atOnce = 64

/**
 * How many MB are in use after 3,200 requests have ended, 64 at a time, without a collection of old objects.
 * Each refers to 20 kB, as much as a real one does.
 */
export async function keptMegabytes(
  request: (number: number, refersTo: object) => Promise<unknown>,
): Promise<number> {
  const wave = (first: number) =>
    Promise.all(
      Array.from({ length: atOnce }, (_, at) =>
        request(
          first + at,
          Array.from({ length: 2_500 }, () => at),
        ),
      ),
    )
  await wave(0)
  // From now on what the tested object has is old, as in a server that has run for a second.
  collect({ type: 'major' })
  const before = process.memoryUsage().heapUsed
  for (let at = 1; at <= waves; at += 1) {
    await wave(at * atOnce)
    collect({ type: 'minor' })
  }
  return (process.memoryUsage().heapUsed - before) / 1_048_576
}
