import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check, type Violation } from './checker/checker.ts'
import type { Evidence } from './checker/facts.ts'
import type { HistoryEvent } from './senders/history.ts'

const mostViolations = 5
const isProving = process.env.IDEM_PROVE === 'true'

export type Run = {
  readonly seed: number
  readonly test: string
  readonly evidence: Evidence
  /** The injected faults, in order. */
  readonly faults?: readonly object[]
}

/** Throws on a violation, with everything needed to reproduce it. */
export function expectNoViolation(run: Run): void {
  const violations = check(run.evidence)
  if (violations.length === 0) return
  const file = join(tmpdir(), `idem-history-${run.seed}.jsonl`)
  writeFileSync(file, run.evidence.events.map((event) => JSON.stringify(event)).join('\n'))
  throw new Error(`${explain({ ...run, violations })}\nThe whole history: ${file}`)
}

/** Prints the shortest history of the broken keys. */
function explain(run: Run & { violations: readonly Violation[] }): string {
  const { seed, test, evidence, violations, faults = [] } = run
  const listed = violations
    .map((violation) => ({ violation, story: storyOf(violation.key, evidence.events) }))
    .sort((one, other) => one.story.length - other.story.length)
  const [smallest] = listed
  return [
    `${violations.length} violations with seed ${seed}.`,
    ...listed
      .slice(0, mostViolations)
      .map(({ violation: { invariant, key, reason } }) => `${invariant} ${key}: ${reason}`),
    'The smallest history:',
    ...(smallest?.story ?? []).map(inOneLine),
    ...evidence.effects
      .filter(({ key, by }) => [key, by].includes(smallest?.violation.key ?? ''))
      .map((effect) => JSON.stringify(effect)),
    ...(faults.length === 0
      ? []
      : ['What was done:', ...faults.map((fault) => JSON.stringify(fault))]),
    `Again: ${isProving ? 'IDEM_PROVE=true ' : ''}IDEM_TEST_SEED=${seed} npx vitest run --project '@idem/chaos*' -t '${test}'`,
  ].join('\n')
}

function storyOf(key: string, events: readonly HistoryEvent[]): HistoryEvent[] {
  return events.filter((event) => event.key === key)
}

function inOneLine({ at, sender, operation, input, happened }: HistoryEvent): string {
  return `${at} ms, sender ${sender}: ${operation} "${input}" ${JSON.stringify(happened)}`
}

/** Fixed in `npm test`, new in `npm run prove`; IDEM_TEST_SEED repeats a failure. */
export function seedOfRun(): number {
  return Number(process.env.IDEM_TEST_SEED)
}

/** The count of each kind of event, refusals by their code. */
export function counted(events: readonly HistoryEvent[]): Record<string, number> {
  const counts = Map.groupBy(events, ({ happened }) =>
    happened.kind === 'refused' ? happened.code : happened.kind,
  )
  return Object.fromEntries([...counts].map(([kind, { length }]) => [kind, length]))
}

export function figures(events: readonly HistoryEvent[]): string {
  return listed(counted(events))
}

export function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ')
}

/** The codes of all refusals. */
export function codes(events: readonly HistoryEvent[]): string[] {
  return events.flatMap(({ happened }) => (happened.kind === 'refused' ? happened.code : []))
}
