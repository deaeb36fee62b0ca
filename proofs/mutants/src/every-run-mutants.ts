import type { Mutant } from './mutant.ts'
import { mutants } from './mutants.ts'

/** Which mutants `npm test` runs, by the guarantee that they break. `npm run prove` runs all. */
const guarantees = {
  'a key has one effect': [
    'look-then-insert',
    'claim-by-upsert',
    'remembered-in-memory',
    'key-before-effect',
    'effect-before-key',
    'batch-effect-without-claim',
    'key-twice-in-a-batch',
  ],
  'all attempts get one answer': ['jsonb-answer', 'batch-jsonb-answer', 'refusal-not-stored'],
  'another input is refused': ['no-fingerprint', 'flight-for-any-input'],
  'an acknowledged effect is committed': [
    'unguarded-pool',
    'answers-before-commit',
    'commit-before-the-answer',
    'pg-without-transaction',
    'prisma-without-transaction',
    'drizzle-claims-outside-the-transaction',
    'names-behind-a-pooler',
  ],
  'an unknown outcome can be settled': [
    'unknown-as-success',
    'look-up-after-ambiguous-commit',
    'cancel-without-record',
  ],
  'half an effect never stays': ['half-an-effect', 'declined-effect-still-writes'],
  'a deletion is final': ['hard-delete'],
  'the change of another device is not overwritten': [
    'update-of-any-version',
    'update-sends-the-whole-row',
    'undo-predicts-the-version',
  ],
  'a forgotten key is never claimed again': [
    'window-beyond-retention',
    'expired-while-committing',
    'computer-clock',
    'cleaning-not-noted',
  ],
  'only its owner gets an answer': [
    'batch-key-without-owner',
    'read-without-owner',
    'replay-without-authentication',
  ],
  'a page sends an intent until it is answered': [
    'new-key-per-attempt',
    'link-mints-per-attempt',
    'dropped-on-abort',
    'body-not-frozen',
  ],
  'integrations keep the promise': ['failed-result-of-next-committed', 'path-not-compared'],
  'a client does not slow down or fail another': ['no-fair-share', 'batch-never-split'],
  'the page shows current data': ['worker-answers-for-the-api'],
  'a start, an upgrade and a stop lose nothing': ['any-postgres-is-ours', 'newer-database-refused'],
} as const

const names: readonly string[] = Object.values(guarantees).flat()

export const everyRunMutants: readonly Mutant[] = names.map((name) => {
  const mutant = mutants.find((each) => each.name === name)
  if (mutant === undefined) throw new Error(`There is no mutant "${name}", which npm test runs.`)
  return mutant
})
