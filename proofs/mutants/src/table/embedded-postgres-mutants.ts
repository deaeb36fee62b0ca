import { killingTest } from '../killing-test.ts'
import type { Mutant } from '../mutant.ts'

const processState = 'packages/embedded-postgres/src/server/process-state.ts'
const inProcessState = (test: string) =>
  killingTest('packages/embedded-postgres/src/server/process-state.test.ts', test)

/** Whether a stale postmaster.pid is recognised as stale. */
export const embeddedMutants: readonly Mutant[] = [
  {
    name: 'stale-pid-blocks-start',
    fault: 'A stale postmaster.pid whose pid belongs to another program blocks the start.',
    file: 'packages/embedded-postgres/src/server/postmaster-pid.ts',
    changes: [{ from: "? '' : pid", to: "? '' : ''" }],
    killedBy: killingTest(
      'packages/embedded-postgres/src/server/postmaster-pid.test.ts',
      'a postmaster.pid with the pid of another living program names no server and is stale',
    ),
  },
  {
    name: 'any-postgres-is-ours',
    fault: 'A PostgreSQL of another folder is adopted, and stopped in the end.',
    file: processState,
    changes: [
      { from: 'return there.ino === here.ino && there.dev === here.dev', to: 'return true' },
    ],
    killedBy: inProcessState('a PostgreSQL of another folder is not taken for one of this folder'),
  },
  {
    name: 'zombie-counts-as-running',
    fault:
      'A killed server that its parent has not waited for looks alive, and a start waits for it.',
    file: processState,
    changes: [{ from: "[0] !== 'Z'", to: "[0] !== '-'" }],
    killedBy: inProcessState('a zombie does not count as running'),
  },
  {
    name: 'waits-for-a-full-disk',
    fault: 'A start on a full disk says nothing for a minute.',
    file: 'packages/embedded-postgres/src/data-dir/data-dir-lock.ts',
    changes: [{ from: "const diskFull = '53100'", to: "const diskFull = ''" }],
    killedBy: killingTest(
      'packages/embedded-postgres/src/data-dir/data-dir-lock.test.ts',
      'a database whose disk is full is reported at once, and one that recovers is waited for',
    ),
  },
]
