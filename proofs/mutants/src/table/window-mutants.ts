import { killingTest } from '../killing-test.ts'
import type { Mutant } from '../mutant.ts'

const keyPolicy = 'packages/idempotency/src/records/key-policy.ts'
const clean = 'packages/idempotency/src/records/clean.ts'
const addInstallation = 'packages/idempotency/src/records/add-installation.ts'
const purge = 'packages/todos/src/purge-tombstones.ts'
const cleaning = 'packages/operations/src/maintenance/clean.ts'
const reconcileWalks = 'packages/operations/src/maintenance/reconcile-walks.ts'
const records = 'packages/idempotency/src/records/records.ts'
const purgeableId = 'packages/operations/src/intents/purgeable-id.ts'
const clock = 'packages/database/src/clock.ts'
const inRun = (test: string) => killingTest('packages/idempotency/src/run/run.test.ts', test)
const inKeyFromFuture = (test: string) =>
  killingTest('packages/idempotency/src/run/key-from-future.test.ts', test)
const inKeyPolicy = (test: string) =>
  killingTest('packages/idempotency/src/records/key-policy.test.ts', test)
const inClean = (test: string) =>
  killingTest('packages/idempotency/src/records/clean.test.ts', test)
const inAddInstallation = (test: string) =>
  killingTest('packages/idempotency/src/records/add-installation.test.ts', test)
const inPurge = (test: string) => killingTest('packages/todos/src/purge-tombstones.test.ts', test)
const inCleaning = (test: string) =>
  killingTest('packages/operations/src/maintenance/clean.test.ts', test)
const inReconcile = (test: string) =>
  killingTest('packages/operations/src/maintenance/reconcile.test.ts', test)
const inRouter = (test: string) => killingTest('packages/api/src/trpc/todo-router.test.ts', test)
const inClock = (test: string) => killingTest('packages/database/src/clock.test.ts', test)

/** Whether a forgotten key stays refused, and nothing is forgotten early. */
export const windowMutants: readonly Mutant[] = [
  {
    name: 'window-beyond-retention',
    fault: 'A time-ordered key may be claimed after its record can have been forgotten.',
    file: keyPolicy,
    changes: [{ from: 'const marginHours = 1', to: 'const marginHours = -1' }],
    killedBy: inRun(
      'a time-ordered key is claimed inside its window only, by the clock of the database',
    ),
  },
  {
    name: 'expired-while-committing',
    fault:
      'A key that just left its window is refused for ever while it is being committed, and its intent is repeated under a new one.',
    file: keyPolicy,
    changes: [{ from: 'const settlingMs = 60_000', to: 'const settlingMs = 0' }],
    killedBy: inRun('a key that left its window a moment ago is in flight'),
  },
  {
    name: 'forgotten-key-in-flight',
    fault:
      'A key that was forgotten is in flight in the minute after its window, so two servers disagree about it.',
    file: records,
    changes: [{ from: "outside.state !== 'just_expired'", to: "outside.state !== 'expired'" }],
    killedBy: inRun('a key that was forgotten has expired, also in the minute after its window'),
  },
  {
    name: 'forgotten-key-in-flight-in-a-batch',
    fault: 'A batch does not read whether a key that just left its window was forgotten.',
    file: 'packages/idempotency/src/batch/batch-member.ts',
    changes: [{ from: "if (found.state === 'expired' ||", to: "if (found.state !== 'ahead' ||" }],
    killedBy: inRun('a key that was forgotten has expired, also in the minute after its window'),
  },
  {
    name: 'key-from-any-future',
    fault: 'A time-ordered key may be any time ahead of the clock.',
    file: keyPolicy,
    changes: [
      {
        from: `    and \${mintedAt} <= clock_timestamp() + interval '\${aheadMinutes} minutes'
`,
        to: '',
      },
    ],
    killedBy: inRun(
      'a time-ordered key is claimed inside its window only, by the clock of the database',
    ),
  },
  {
    name: 'refused-only-now',
    fault:
      'The refusal of a key from the future is not stored, and an attempt that waits claims the key after its client has minted another.',
    file: 'packages/idempotency/src/run/run.ts',
    changes: [
      {
        from: 'if (await records.decideKey(query, claim, refused)) return',
        to: 'if (refused) throw',
      },
    ],
    killedBy: inKeyFromFuture(
      'an attempt that waits in a queue while its key is refused elsewhere has no effect when the window opens',
    ),
  },
  {
    name: 'batch-refuses-only-now',
    fault:
      'A batch refuses a key from the future without storing that, and the intent has a second effect under another key.',
    file: 'packages/idempotency/src/batch/batch-member.ts',
    changes: [
      { from: "|| found.state === 'from_future')", to: "|| found.state !== 'just_expired')" },
    ],
    killedBy: killingTest(
      'packages/idempotency/src/run/interleavings.test.ts',
      'in 10000 interleavings of creates',
    ),
  },
  {
    name: 'refused-until-cleaned',
    fault:
      'Cleaning removes the refusal or the cancellation of a key from the future before the window of the key has ended.',
    file: records,
    changes: [
      {
        from: 'greatest(clock_timestamp(), to_timestamp($3::float8 / 1000))',
        to: 'clock_timestamp()',
      },
    ],
    killedBy: inKeyFromFuture(
      'a key up to a day ahead is cancelled until its own window has ended',
    ),
  },
  {
    name: 'time-of-the-first-refusal',
    fault: "A replayed refusal has the time of another response, and sets a device's clock wrong.",
    file: records,
    changes: [{ from: 'String(found.server_time)', to: 'String(found.created_at)' }],
    killedBy: inKeyFromFuture(
      'a key from the future is refused once for all attempts, each with the time of its own response (run)',
    ),
  },
  {
    name: 'missing-installation-refuses',
    fault:
      'Where the row of the installation is missing, every time-ordered key is refused for ever.',
    file: records,
    changes: [{ from: 'row.claimable !== null', to: 'row.claimable !== undefined' }],
    killedBy: inAddInstallation(
      'a time-ordered key is claimed by run although the row of the installation is missing',
    ),
  },
  {
    name: 'installation-that-forgot-nothing',
    fault: 'A missing row of the installation is added as if no record had ever been removed.',
    file: addInstallation,
    changes: [
      { from: "clock_timestamp() - interval '10 minutes'", to: "'-infinity'::timestamptz" },
    ],
    killedBy: inAddInstallation(
      'a time-ordered key minted more than 5 minutes before the row is added stays refused',
    ),
  },
  {
    name: 'installation-without-margin',
    fault: 'A missing row of the installation is added so that every key minted so far is refused.',
    file: addInstallation,
    changes: [{ from: '10 minutes', to: '5 minutes' }],
    killedBy: inAddInstallation(
      'a time-ordered key is claimed by run although the row of the installation is missing',
    ),
  },
  {
    name: 'forgotten-without-margin',
    fault: 'A time-ordered key as old as a removed record is claimed again.',
    file: keyPolicy,
    changes: [{ from: 'installation}) + interval', to: 'installation}) + 0 * interval' }],
    killedBy: inRun(
      'a time-ordered key as old as a removed record is never executed again, even if keys are now kept longer',
    ),
  },
  {
    name: 'claim-of-a-forgotten-key',
    fault: 'The claim of a time-ordered key does not read which keys are forgotten.',
    file: keyPolicy,
    changes: [{ from: '(forgotten_before < ', to: '(true or forgotten_before < ' }],
    killedBy: inRun(
      'a time-ordered key as old as a removed record is never executed again, even if keys are now kept longer',
    ),
  },
  {
    name: 'claim-from-any-future',
    fault: 'The claim of a time-ordered key accepts any time ahead of the clock.',
    file: keyPolicy,
    changes: [{ from: 'clock_timestamp() >= ', to: 'null is distinct from ' }],
    killedBy: inRun(
      'a time-ordered key is claimed inside its window only, by the clock of the database',
    ),
  },
  {
    name: 'young-by-the-computer-clock',
    fault:
      'A clock of the server that is behind makes a key young, and its removed record is missed.',
    file: records,
    changes: [{ from: 'pastHours: youngHours }', to: 'pastHours: 1_000 }' }],
    killedBy: inClean(
      'an attempt that arrives alone on a computer whose clock is behind while its record is being removed has no second effect',
    ),
  },
  {
    name: 'computer-clock',
    fault: "The clock of the server's computer decides whether a time-ordered key has expired.",
    file: records,
    changes: [
      {
        from: `    const minted = mintedMs(key)
    const values`,
        to: `    const minted = isInWindow(mintedMs(key), policy) ? null : 0
    const values`,
      },
      {
        from: '/** The state of a key:',
        to: `function isInWindow(minted: number | null, { retentionHours }: KeyPolicy): boolean {
  const ageMs = minted === null ? 0 : Date.now() - minted
  return ageMs < (retentionHours - 1) * 3_600_000 && ageMs > -300_000
}

/** The state of a key:`,
      },
    ],
    killedBy: inKeyPolicy(
      'a time-ordered key expires by the clock of the database, even if the clock of this computer is wrong',
    ),
  },
  {
    name: 'unmeasured-clock',
    fault: 'The clock of this computer is used as the clock of the database.',
    file: clock,
    changes: [
      { from: 'offset: rows[0].ms - (asked + roundTrip / 2)', to: 'offset: 0 * rows[0].ms' },
    ],
    killedBy: inClock(
      'the clock agrees with the database to a few milliseconds, whatever the clock of this computer',
    ),
  },
  {
    name: 'clock-held-ahead',
    fault: 'One wrong sample of the database clock is used until the process ends.',
    file: clock,
    changes: [{ from: 'latest - measured > mostHeldMs ? measured : Math.max', to: 'Math.max' }],
    killedBy: inClock('one wrong sample 400 days ahead is followed back at the next refresh'),
  },
  {
    name: 'cleaned-early',
    fault: 'Records are removed after half of the published retention.',
    file: clean,
    changes: [
      { from: 'make_interval(hours => $1::int)', to: 'make_interval(hours => $1::int / 2)' },
    ],
    killedBy: inClean('records older than the retention are removed, younger ones are kept'),
  },
  {
    name: 'cleaning-not-noted',
    fault:
      'Cleaning does not store the time of removed records, so a longer retention revives old keys.',
    file: clean,
    changes: [
      { from: 'where forgotten_before < youngest', to: 'where forgotten_before > youngest' },
    ],
    killedBy: inClean(
      'a time-ordered key whose record was removed is never executed again, even if keys are kept longer afterwards',
    ),
  },
  {
    name: 'claimed-while-forgotten',
    fault: 'An attempt that waits for a record in cleaning claims its key a second time.',
    file: records,
    changes: [{ from: 'return `not exists (select', to: 'return `true or not exists (select' }],
    killedBy: inClean(
      'an attempt that arrives alone while its record is being removed has no second effect',
    ),
  },
  {
    name: 'batch-claimed-while-forgotten',
    fault: 'A batch claims a known key whose record is being removed.',
    file: 'packages/idempotency/src/batch/batch-statement.ts',
    changes: [{ from: `'at <> all(array(select at from known))'`, to: `'true'` }],
    killedBy: inClean(
      'an attempt that arrives in a batch while its record is being removed has no second effect',
    ),
  },
  {
    name: 'old-id-taken-for-new',
    fault: 'An id is accepted though its tombstone may have been removed.',
    file: purgeableId,
    changes: [
      {
        from: 'return minted !== null && now().getTime() - minted.getTime() > retentionMs',
        to: 'return minted !== null && now().getTime() < minted.getTime() - retentionMs',
      },
    ],
    killedBy: inRouter('an id minted longer ago than tombstones are kept is invalid input'),
  },
  {
    name: 'cleaning-from-the-start',
    fault: 'Each batch of cleaning reads the entries that the batches before it removed.',
    file: clean,
    changes: [{ from: '    from = last\n', to: '' }],
    killedBy: inClean('a batch reads only its own rows and those of the batch before it'),
  },
  {
    name: 'purge-of-restored',
    fault: 'A tombstone that is restored while it is being purged is removed all the same.',
    file: purge,
    changes: [
      {
        from: `    where deleted_at >= (select deleted_at from first) and deleted_at <= (select deleted_at from last)
      and (deleted_at, owner_id, id) >= (select deleted_at, owner_id, id from first)
      and (deleted_at, owner_id, id) <= (select deleted_at, owner_id, id from last)`,
        to: '    where (owner_id, id) in (select owner_id, id from old)',
      },
    ],
    killedBy: inPurge('a tombstone restored during a purge is kept'),
  },
  {
    name: 'cleaning-stops-at-failure',
    fault: 'When keys cannot be cleaned, tombstones are not purged either.',
    file: cleaning,
    changes: [{ from: 'return { removed, failure }', to: 'throw failure' }],
    killedBy: inCleaning('when cleaning keys fails half-way'),
  },
  {
    name: 'pairs-between-steps',
    fault: 'Two todos of one key on both sides of a step are not compared.',
    file: reconcileWalks,
    changes: [
      {
        from: '          >= ($2::text, $3::text, $4::timestamptz, $5::uuid)',
        to: '          > ($2::text, $3::text, $4::timestamptz, $5::uuid)',
      },
    ],
    killedBy: inReconcile('each todo of a key beyond the first is one duplicate'),
  },
]
