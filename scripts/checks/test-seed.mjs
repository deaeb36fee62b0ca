import { randomInt } from 'node:crypto'

/** `npm test` uses it on every day and on every machine, so that a run that was green stays green. */
const fixedSeed = 1

/**
 * The seed of a run, which its tests read from IDEM_TEST_SEED. Only `npm run prove` draws a new one.
 * A seed that is given repeats an earlier run.
 *
 * @param {Partial<Record<'IDEM_TEST_SEED' | 'IDEM_PROVE', string>>} environment
 */
export function testSeed(
  { IDEM_TEST_SEED: given, IDEM_PROVE },
  draw = () => randomInt(2, 2 ** 31),
) {
  if (!given) return IDEM_PROVE === 'true' ? draw() : fixedSeed
  // fast-check takes no larger one.
  if (/^[1-9]\d{0,9}$/.test(given) && Number(given) < 2 ** 31) return Number(given)
  throw new Error(`IDEM_TEST_SEED must be a whole number from 1 to 2147483647, but is "${given}".`)
}
