import type { Random } from '@idem/test-support/random'
import { expect } from 'vitest'
import { act } from '../../runs/act.ts'
import { type Evidence, violationsOf } from '../../runs/check-run.ts'
import type { Device } from '../../runs/device.ts'
import { disturb } from '../../runs/disturb.ts'
import { eventually } from '../../runs/eventually.ts'
import { createLedger } from '../../runs/ledger.ts'
import { showsStored } from '../../runs/perform-run.ts'
import type { Run } from '../../runs/run.ts'
import { settle } from '../../runs/settle.ts'
import type { Trouble } from '../../runs/troubles.ts'
import { todoScreen } from '../../support/todo-screen.ts'
import type { AccountsServer, Person } from './accounts-server.ts'
import { changeTo, expire, isAtSignIn, type Visit } from './visit.ts'

export type VisitsSettings = {
  readonly server: AccountsServer
  readonly device: Device
  readonly random: Random
  readonly trouble: Trouble
  readonly story: string[]
}

const steps = 10
const other = { Ann: 'Bob', Bob: 'Ann' } as const

/** Ann and Bob use one device in turn while faults occur. Afterwards each has what they wanted, once. */
export async function performVisits(settings: VisitsSettings): Promise<readonly Evidence[]> {
  const { device, server, random } = settings
  const people = { Ann: runOf('Ann', settings), Bob: runOf('Bob', settings) }
  const visit: Visit = { people, server, person: 'Ann', isExpired: false }
  const { page } = await device.open()
  await server.signIn(page, 'Ann')
  people.Ann.tabs.push({ screen: todoScreen(page), undoable: [] })
  for (let step = 0; step < steps; step += 1) {
    if (random.percent(30) || (await isAtSignIn(visit))) await changeSession(visit, settings)
    const run = people[visit.person]
    await disturb(run, step)
    if (random.percent(25)) await draft(run)
    else await act(run)
    await seesOnlyTheirs(visit)
  }
  const evidence: Evidence[] = []
  // A browser that is killed soon after a sign-in has not stored its cookie.
  visit.isExpired ||= settings.trouble === 'a killed browser'
  for (const person of [visit.person, other[visit.person]]) {
    if (visit.person !== person || visit.isExpired) await changeTo(visit, person)
    const run = people[person]
    await settle(run)
    for (const each of run.tabs) expect(await run.ledger.learn(each.screen)).toEqual([])
    const found = await evidenceOf(person, settings, people)
    evidence.push(found)
    for (const each of run.tabs) await showsStored(each, found)
    await seesOnlyTheirs(visit)
  }
  expect(device.errors).toEqual([])
  // Judged at the end, when nothing is on its way any more.
  for (const person of ['Ann', 'Bob'] as const) {
    expect(violationsOf(await evidenceOf(person, settings, people))).toEqual([])
  }
  const owners: readonly string[] = Object.values(server.owners)
  expect((await server.effects()).filter(({ owner }) => !owners.includes(owner))).toEqual([])
  return evidence
}

function runOf(word: Person, settings: VisitsSettings): Run {
  const owner = settings.server.owners[word]
  const ledger = createLedger(owner)
  return { ...settings, word, ledger, todos: new Map(), tabs: [] }
}

async function changeSession(visit: Visit, { random, device }: VisitsSettings): Promise<void> {
  const isOut = visit.isExpired || (await isAtSignIn(visit))
  if (!isOut && random.percent(35)) return expire(visit, device)
  // After a session has ended, the same person may come back.
  const next = isOut && random.percent(50) ? visit.person : other[visit.person]
  return changeTo(visit, next)
}

/** A person types and does not send. */
async function draft({ tabs: [tab], word, story }: Run): Promise<void> {
  story.push(`${word} types a draft`)
  await tab?.screen.field.fill(`${word} writes`)
}

/**
 * No tab shows a title, an entry or a draft of the other person. A browser that was killed may have forgotten that
 * this person signed in: its page is still that of the one before, whose session has ended, and of nobody else.
 */
async function seesOnlyTheirs({ people, person, server }: Visit): Promise<void> {
  for (const { screen } of people[person].tabs) {
    const shown = await eventually({
      expected: 'a page that can be read',
      read: () => screen.page.evaluate(allText),
      is: () => true,
    })
    const hasForgotten =
      people[person].trouble === 'a killed browser' &&
      shown.account === server.owners[other[person]]
    expect(shown.text).not.toContain(hasForgotten ? person : other[person])
    if (hasForgotten) await screen.page.getByRole('link', { name: 'Sign in' }).waitFor()
  }
}

/** Runs in the page: its account, its text, also where it is hidden, and the texts of its fields. */
function allText() {
  const { installation } = document.documentElement.dataset
  const fields = [...document.querySelectorAll('input, textarea')] as HTMLInputElement[]
  const texts = [document.body?.textContent ?? '', ...fields.map(({ value }) => value)]
  return { account: localStorage.getItem(`todos ${installation} account`), text: texts.join('\n') }
}

async function evidenceOf(
  person: Person,
  { server }: VisitsSettings,
  people: Visit['people'],
): Promise<Evidence> {
  const owner = server.owners[person]
  const ofOther = [...people[other[person]].ledger.submissions.values()]
  const [effects, todos] = [await server.effects(), await server.todos()]
  return {
    submissions: [...people[person].ledger.submissions.values()],
    expected: [...people[person].todos.values()],
    effects: effects.filter((effect) => effect.owner === owner),
    todos: todos.filter((todo) => todo.owner === owner),
    // A request under a key of nobody is a violation for both.
    requests: server
      .requests()
      .filter(
        ({ body }) => !ofOther.some(({ keys }) => [...keys].some((key) => body.includes(key))),
      ),
    mayReplaceKeys: false,
  }
}
