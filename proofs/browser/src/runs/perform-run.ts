import { isDeepStrictEqual } from 'node:util'
import type { Random } from '@idem/test-support/random'
import { expect } from 'vitest'
import { act } from './act.ts'
import { type Evidence, violationsOf } from './check-run.ts'
import type { Device } from './device.ts'
import { disturb } from './disturb.ts'
import { eventually } from './eventually.ts'
import { createLedger } from './ledger.ts'
import { rowsOn, type ScreenRow } from './rows-on-screen.ts'
import type { Run, Tab } from './run.ts'
import type { RunServer } from './run-server.ts'
import { settle } from './settle.ts'
import type { Trouble } from './troubles.ts'

export type RunSettings = {
  readonly server: RunServer
  readonly device: Device
  readonly random: Random
  readonly trouble: Trouble
  /** The events of the run, added while it runs. */
  readonly story: string[]
}

/** The actions of a person in a run. */
const steps = 8

/** A person works while faults occur, and afterwards everything must be as the person wanted it. */
export async function performRun(settings: RunSettings): Promise<Evidence> {
  const { device, server } = settings
  const tab: Tab = { screen: await device.install(), undoable: [] }
  const run: Run = {
    ...settings,
    word: 'Todo',
    ledger: createLedger(),
    todos: new Map(),
    tabs: [tab],
  }
  for (let step = 0; step < steps; step += 1) {
    await disturb(run, step)
    await act(run)
  }
  await settle(run)
  for (const each of run.tabs) expect(await run.ledger.learn(each.screen)).toEqual([])
  const evidence = await evidenceOf(run)
  expect(violationsOf(evidence)).toEqual([])
  for (const each of run.tabs) await showsStored(each, evidence)
  expect(device.errors).toEqual([])
  expect(await server.effects()).toEqual(evidence.effects)
  return evidence
}

async function evidenceOf({ ledger, todos, server, trouble }: Run): Promise<Evidence> {
  return {
    submissions: [...ledger.submissions.values()],
    expected: [...todos.values()],
    effects: await server.effects(),
    todos: await server.todos(),
    requests: [...server.requests()],
    mayReplaceKeys: trouble.startsWith('a clock'),
  }
}

/** Each device shows what is stored. A row that was ticked keeps its place, so the order depends on the device. */
export async function showsStored(tab: Tab, { todos }: Evidence): Promise<void> {
  const rows = todos
    .filter(({ deleted }) => !deleted)
    .map(({ id, title, completed }) => ({ id, title, completed }))
    .sort(byId)
  await eventually({
    expected: `the rows ${JSON.stringify(rows)}`,
    read: () => rowsOn(tab),
    is: (shown) => isDeepStrictEqual(shown.toSorted(byId), rows),
  })
}

function byId(one: ScreenRow, other: ScreenRow): number {
  return one.id < other.id ? 1 : -1
}
