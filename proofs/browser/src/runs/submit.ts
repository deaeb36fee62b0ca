import { setTimeout as pause } from 'node:timers/promises'
import type { HttpFault, PlannedFault } from '@idem/test-support/http-fault'
import { eventually } from './eventually.ts'
import { interruption } from './interrupt.ts'
import type { Run, Tab } from './run.ts'
import type { Stored, StoredIntent } from './stored-submissions.ts'
import { faultsOf } from './troubles.ts'

type Wanted = Partial<StoredIntent> & Pick<StoredIntent, 'operation'>

/**
 * A person submits a change: its requests meet faults, and the page may be gone as soon as the first one
 * was sent, or the submission was stored. From then on it must not be lost.
 */
export async function submit(
  run: Run,
  tab: Tab,
  { wanted, act }: { wanted: Wanted; act: () => Promise<void> },
): Promise<Stored> {
  const { random, ledger, story } = run
  const faults = chosenFaults(run)
  const planned = faults.map((fault) => run.server.plan(wanted.operation, fault))
  story.push(`${JSON.stringify(wanted)} meets ${faults.join(', ') || 'no fault'}`)
  forgetUndoable(run)
  await act()
  const interrupt = interruption(run)
  if (interrupt !== undefined) {
    await sentOrStored(run, tab, planned[0])
    // At any moment of the attempt.
    await pause(random.between(0, 100))
    await interrupt(run, tab)
  }
  return ledger.record(tab.screen, wanted, () => sentBy(run, wanted))
}

/** What arrived at the proxy and is this submission; others may be sent again behind it. */
function sentBy({ server }: Run, wanted: Wanted): Stored[] {
  return server
    .requests()
    .filter(({ operation }) => operation === wanted.operation)
    .map(({ body }) => JSON.parse(body))
    .filter(({ id, title }) => agree(id, wanted.id) && agree(title, wanted.title))
    .map(({ idempotencyKey: id, id: todo, title = '' }) => ({
      ...{ id, key: id },
      intent: { title, ...wanted, id: todo },
    }))
}

/** A change names only what it changes. */
function agree(sent: string | undefined, wanted: string | undefined): boolean {
  return sent === undefined || wanted === undefined || sent === wanted
}

/** All tabs share what can be undone, newest first: only the last change of all is known to be next. */
export function forgetUndoable({ tabs }: Run): void {
  for (const { undoable } of tabs) undoable.length = 0
}

function chosenFaults({ random, trouble }: Run): HttpFault[] {
  const kinds = faultsOf(trouble)
  const isUsual = random.percent(kinds.length < 5 ? 90 : 50)
  const count = isUsual ? random.between(1, 2) : 0
  return Array.from({ length: count }, () => kinds[random.between(0, kinds.length - 1)] ?? 'delay')
}

async function sentOrStored(run: Run, { screen }: Tab, first: PlannedFault | undefined) {
  let isSent = false
  void first?.struck.then(() => {
    isSent = true
  })
  await eventually({
    expected: 'a submission that is sent or stored',
    read: async () => isSent || (await run.ledger.hasNew(screen)),
    is: (isDone) => isDone,
  })
}
