import { setTimeout as pause } from 'node:timers/promises'
import type { KeyRecord } from '../checker/effect-log.ts'
import type { Intent } from './crash-point-operations.ts'
import type { AttemptResult, CrashWorld } from './crash-point-world.ts'

export type Case = {
  readonly intent: Intent
  readonly title: string
  readonly results: readonly AttemptResult[]
  readonly sentAgain: 'never' | undefined
}

/** PostgreSQL terminates a session that is idle in a transaction after 5 s. */
const mostStuckMs = 3_000

/** Whether the result settles the call. */
export function isFinal({ status, code }: AttemptResult): boolean {
  return status !== 0 && code !== 'unavailable' && code !== 'in_flight'
}

/** Throws unless there is one effect and one answer, and both match. */
export async function checkCase(world: CrashWorld, run: Case): Promise<void> {
  checkAnswers(run)
  await checkEffects(world, run)
  await checkRecords(world, run)
  await checkSessions(world)
}

function checkAnswers({ intent, results, sentAgain }: Case): void {
  const final = results.filter(isFinal)
  for (const { status, code, text } of final) {
    const fits = code === intent.expected && (code !== 'ok' || status < 300)
    if (!fits) throw new Error(`Expected "${intent.expected}", received ${status}: ${text}`)
  }
  const texts = new Set(final.map(({ text }) => text))
  if (texts.size > 1) {
    throw new Error(`Expected one answer, received ${texts.size}:\n${[...texts].join('\n')}`)
  }
  if (texts.size === 0 && sentAgain !== 'never')
    throw new Error('Expected an answer, received none.')
}

async function checkEffects(world: CrashWorld, run: Case): Promise<void> {
  const { intent, title, results, sentAgain } = run
  const effects = (await world.effects()).filter((effect) => effect.title.startsWith(title))
  const kinds = effects.map(({ kind }) => kind).join(', ')
  const wanted = [intent.effects.join(', ')]
  if (sentAgain === 'never' && !results.some(isFinal)) {
    wanted.push(intent.effects.slice(0, -1).join(', '))
  }
  if (!wanted.includes(kinds)) {
    throw new Error(`Expected the effects "${wanted.join('" or "')}", found "${kinds}".`)
  }
}

async function checkRecords(world: CrashWorld, { intent, results }: Case): Promise<void> {
  const records = (await world.records()).filter(({ key }) => intent.keys.includes(key))
  if (records.length !== intent.keys.length) {
    throw new Error(`Expected ${intent.keys.length} records, found ${records.length}.`)
  }
  const received = results.find(isFinal)?.text ?? ''
  for (const record of records) {
    const { outcome } = intent
    if (outcomesOf(record).join() !== outcome) {
      throw new Error(`Expected a record with one ${outcome}, found ${JSON.stringify(record)}`)
    }
    const stored = record.answer
    if (stored !== null && intent.expected === 'ok' && !received.includes(stored)) {
      throw new Error(`The stored answer differs from the received one:\n${stored}\n${received}`)
    }
  }
}

function outcomesOf({ answer, refusal, cancelled }: KeyRecord): Intent['outcome'][] {
  return [
    ...(answer === null ? [] : (['answer'] as const)),
    ...(refusal === null ? [] : (['refusal'] as const)),
    ...(cancelled ? (['cancelled'] as const) : []),
  ]
}

async function checkSessions(world: CrashWorld): Promise<void> {
  const begun = performance.now()
  for (;;) {
    const stuck = await world.stuckSessions()
    if (stuck === 0) return
    if (performance.now() - begun > mostStuckMs) {
      throw new Error(`Expected no open transaction, found ${stuck} sessions.`)
    }
    await pause(100)
  }
}
