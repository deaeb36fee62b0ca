import { setTimeout as pause } from 'node:timers/promises'
import { fillTodos } from '@idem/speed/fill-todos'
import { v7 } from 'uuid'
import { afterAll, expect, test, vi } from 'vitest'
import { clientConnection } from '../load/client-connection.ts'
import { isolatedServer } from '../load/isolated-server.ts'
import { post } from '../load/requests.ts'
import { type ClientsReport, runClients } from '../load/run-clients.ts'
import { probe } from '../load/server-gauges.ts'
import { greedyCaller, holdRow, hotRow, searches } from './neighbours.ts'
import { runPoliteClients } from './polite-clients.ts'

const seconds = 15
const todos = 1_000_000

vi.setConfig({ testTimeout: 240_000 })

const server = await isolatedServer()
afterAll(() => server[Symbol.asyncDispose]())
const { url, databaseUrl } = server
const id = await fill()
let calm = await runPoliteClients(url, seconds)

const misbehaviours = {
  '8 connections with ten searches in each request': searches,
  '20 updaters of a todo that another session holds': { ...hotRow(id), held: true },
  'a caller with 64 connections that send batches of ten': greedyCaller(10),
  '20 updaters of one todo': hotRow(id),
  'a caller with 64 connections': greedyCaller(1),
}

test.for(Object.entries(misbehaviours))(
  '20 polite clients keep their rate and are not refused beside %s',
  async ([name, neighbour]) => {
    const stop = new AbortController()
    await using _ = 'held' in neighbour ? await holdRow(databaseUrl, id) : undefined
    const misbehaving = runClients({ ...neighbour, url, until: stop.signal })
    const probes = probe(url, stop.signal)
    // Until the neighbour is at full strength.
    await pause(500)
    const beside = await runPoliteClients(url, seconds)
    stop.abort()
    const [{ statuses }, ready] = await Promise.all([misbehaving, probes])
    const before = calm
    calm = await runPoliteClients(url, seconds)
    const usual = (before.perSecond + calm.perSecond) / 2
    console.log(
      `${name}: ${describe(before)} alone, ${describe(beside)} beside it, ${describe(calm)} afterwards; its answers ${JSON.stringify(statuses)}; ${ready.length} probes, slowest ${Math.max(...ready.map(({ ms }) => ms)).toFixed(0)} ms`,
    )
    expect([before, beside, calm].flatMap(({ wrong }) => wrong)).toEqual([])
    expect(beside.refused).toBe(0)
    expect(beside.perSecond / usual).toBeGreaterThanOrEqual(0.8)
    expect(beside.p99Ms).toBeLessThanOrEqual(1_000)
    expect(ready.filter(({ status }) => status !== 200)).toEqual([])
    expect(Object.keys(statuses)).not.toContain('500')
    expect(server.errorLines()).toEqual([])
  },
)

function describe({ perSecond, p99Ms, refused }: ClientsReport): string {
  return `${perSecond.toFixed(0)}/s (p99 ${p99Ms.toFixed(0)} ms, ${refused} refused)`
}

/** Many todos of the only owner, and the id of a newer one. */
async function fill(): Promise<string> {
  await fillTodos(databaseUrl, todos)
  using maker = await clientConnection(url)
  const input = { idempotencyKey: v7(), id: v7(), title: 'Hot' }
  const { status } = await maker.send(post('createTodo', input))
  expect(status).toBe(200)
  return input.id
}
