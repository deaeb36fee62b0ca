import { readFile } from 'node:fs/promises'
import { v7 } from 'uuid'
import { expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { observedServer } from './observed-server.ts'
import { readPromql } from './promql.ts'
import type { Scraped } from './scrape.ts'

// Each test starts a server, which takes a while on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const read = (path: string) => readFile(new URL(`../../../${path}`, import.meta.url), 'utf8')

const Rule = z.strictObject({
  alert: z.string().regex(/^Idem[A-Z]\w+$/),
  expr: z.string(),
  for: z
    .string()
    .regex(/^\d+[smhd]$/)
    .optional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
  annotations: z.strictObject({ summary: z.string().regex(/\.$/), runbook: z.string() }),
})

const Rules = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), rules: z.array(Rule).nonempty() })).nonempty(),
})

const Dashboard = z.object({
  title: z.literal('Idem'),
  panels: z
    .array(
      z.object({
        id: z.int(),
        title: z.string(),
        description: z.string(),
        gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
        targets: z.array(z.object({ expr: z.string() })).nonempty(),
      }),
    )
    .nonempty(),
})

async function readRules() {
  const { groups } = Rules.parse(parse(await read('ops/prometheus-alerts.yaml')))
  return groups.flatMap(({ rules }) => rules)
}

async function readPanels() {
  return Dashboard.parse(JSON.parse(await read('ops/grafana-dashboard.json'))).panels
}

/** The queries of both files, with Grafana's variables replaced. */
async function expressions(): Promise<string[]> {
  const panels = (await readPanels()).flatMap(({ targets }) => targets)
  return [...(await readRules()), ...panels].map(({ expr }) =>
    expr.replaceAll('$__rate_interval', '1m'),
  )
}

test('every alert has a unique name, a severity, a summary and an existing runbook', async () => {
  const rules = await readRules()
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
  const runbook = await read('docs/monitoring.md')
  const anchors = [...runbook.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading))
  for (const { alert, annotations } of rules) {
    expect(annotations.runbook).toBe(`docs/monitoring.md#${alert.toLowerCase()}`)
    expect(anchors).toContain(alert.toLowerCase())
  }
})

test('no two panels overlap', async () => {
  const panels = await readPanels()
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
  )
  expect(new Set(cells).size).toBe(cells.length)
})

test('every expression is valid PromQL', async () => {
  const mistakes = (await expressions()).flatMap((expr) =>
    readPromql(expr).mistakes.map((mistake) => `${expr} ${mistake}`),
  )
  expect(mistakes).toEqual([])
  expect(readPromql('sum(rate(x[5m]) > 0').mistakes).not.toEqual([])
})

test('every queried metric and label exists, and every metric of the server is documented', async () => {
  await using server = await observedServer()
  const intent = { idempotencyKey: v7(), title: 'milk', id: v7() }
  // A create, another with the same id, and replays.
  for (const idempotencyKey of [v7(), v7()]) {
    await server.mutate('createTodo', { ...intent, idempotencyKey })
  }
  await server.mutate('createTodo', intent)
  await server.mutate('createTodo', intent)
  await expect
    .poll(async () => (await server.scrape()).value('idem_ready'), { timeout: 15_000 })
    .toBe(1)
  const scraped = await server.scrape()

  const unknown = (await expressions()).flatMap((expr) => {
    const { selectors, grouping } = readPromql(expr)
    expect(selectors).not.toEqual([])
    return selectors
      .filter(({ metric, labels }) => !isThere(scraped, metric, [...labels, ...grouping]))
      .map(({ metric }) => `${metric} in ${expr}`)
  })
  expect(unknown).toEqual([])

  const runbook = await read('docs/monitoring.md')
  for (const name of scraped.types.keys()) {
    if (name.startsWith('idem_')) expect(runbook).toContain(`\`${name}`)
  }
  for (const name of runbook.match(/(?<=`)idem_\w+/g) ?? []) {
    expect([...scraped.types.keys()]).toContain(name)
  }
})

/** Added by Prometheus to every series. */
const givenLabels = ['job', 'instance']
/** Set after a comparison of keys with effects, which runs at night, or on a distributed database. */
const elsewhere: Readonly<Record<string, readonly string[]>> = {
  idem_reconcile_findings: ['kind'],
  idem_node_work: ['node', 'kind', 'state'],
  idem_node_refused_total: ['node', 'kind'],
}

function isThere({ samples, types }: Scraped, metric: string, labels: readonly string[]): boolean {
  const sample = samples.find(({ name }) => name === metric)
  const known = sample === undefined ? elsewhere[metric] : Object.keys(sample.labels)
  if (known === undefined || (sample === undefined && !types.has(metric))) return false
  return labels.every((label) => [...known, ...givenLabels].includes(label))
}

/** The anchor that GitHub derives from a heading. */
function anchorOf(heading = ''): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-')
}
