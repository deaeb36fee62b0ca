import { fileURLToPath } from 'node:url'
import { startServer } from '@idem/test-support/server-process'
import { expect, test } from 'vitest'
import {
  createDeletes,
  createReplays,
  createRequest,
  createUpdates,
  type Kept,
} from '../requests/create-requests.ts'
import { type Load, load } from '../requests/load.ts'
import { ratioOf } from '../results/statistics.ts'
import { ask, openBenchDatabase } from '../servers/bench-database.ts'

const rounds = 3
const seconds = 0.4

/**
 * The ratios of one run, so that a slow machine slows both. The goals of the first three are 2, 2.3 and
 * 1.1, on a machine of its own. The limits are for one that is busy with other work, where 0.76 was
 * measured for the first; without batches it was 0.09 there.
 */
const least = {
  'create / insert': 0.4,
  'create / no-op': 0.4,
  'replay / create': 0.4,
  'update / create': 0.3,
  'delete / create': 0.3,
}

const byKey = `idem_${'k'.repeat(43)}`
const byCookie = 's'.repeat(32)

// The goal is 0.95, on a machine of its own.
test('a create by an account keeps the rate of one without sign-in', {
  timeout: 60_000,
}, async () => {
  await using database = await openBenchDatabase(undefined)
  await using open = await database.scratch('open')
  await using signedIn = await database.scratch('signed_in')
  await using without = await start(undefined, open.url)
  await using withSignIn = await start(undefined, signedIn.url, {
    IDEM_PUBLIC_URL: 'https://todo.example',
    IDEM_SECRET: 's'.repeat(32),
  })
  await ask(
    signedIn.url,
    `with made as (insert into auth_user (id, owner, name, email) values ('ann', 'ann', '', '') returning id),
      keyed as (insert into api_key (id, hash, user_id, name)
        select 'key', encode(sha256('${byKey}'), 'hex'), id, '' from made)
    insert into auth_session (id, user_id, token, expires_at)
      select 'session', id, encode(sha256('${byCookie}'), 'hex'), 'infinity' from made`,
  )
  const path = '/api/trpc/createTodo'
  const toAccount = { url: `${withSignIn.url}${path}`, ask: () => createRequest() }
  await expectRatios(
    {
      without: { url: `${without.url}${path}`, ask: () => createRequest() },
      key: { ...toAccount, headers: { authorization: `Bearer ${byKey}` } },
      cookie: {
        ...toAccount,
        headers: { 'idem-account': 'ann', cookie: `theme=dark; idem-session=${byCookie}` },
      },
    },
    { 'key / without': 0.7, 'cookie / without': 0.7 },
  )
})

test('a keyed create, a replay, an update and a delete keep their rate beside the others', {
  timeout: 60_000,
}, async () => {
  await using database = await openBenchDatabase(undefined)
  await using ours = await database.scratch('ours')
  await using theirs = await database.scratch('theirs')
  await using app = await start(undefined, ours.url)
  await using insert = await start('insert-server.ts', theirs.url)
  await using noop = await start('trpc-noop-server.ts', theirs.url)
  const kept: Kept = []
  const create = { url: `${app.url}/api/trpc/createTodo`, ask: () => createRequest(kept) }
  // The deletes below need a todo each, and the first creates are slow.
  for (let fill = 0; fill < 6; fill += 1) await rateOf(create)
  const [updated, deleted] = [kept.slice(0, 500), kept.slice(500)]
  const sides = {
    create,
    insert: { url: insert.url, ask: () => createRequest() },
    'no-op': { url: `${noop.url}/api/trpc/createTodo`, ask: () => createRequest() },
    replay: { url: create.url, ask: createReplays(kept) },
    update: { url: `${app.url}/api/trpc/updateTodo`, ask: createUpdates(updated) },
    delete: { url: `${app.url}/api/trpc/deleteTodo`, ask: createDeletes(deleted) },
  }
  await expectRatios(sides, least)
})

async function expectRatios(
  sides: Readonly<Record<string, Side>>,
  least: Readonly<Record<string, number>>,
): Promise<void> {
  const rates: Record<string, number[]> = {}
  for (const side of Object.values(sides)) await rateOf(side)
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, side] of Object.entries(sides)) {
      rates[name] = [...(rates[name] ?? []), await rateOf(side)]
    }
  }
  const ratios = Object.keys(least).map((name) => {
    const [one = '', other = ''] = name.split(' / ')
    return [name, ratioOf(rates[one] ?? [], rates[other] ?? []).median] as const
  })
  console.log('ratios:', Object.fromEntries(ratios))
  for (const [name, ratio] of ratios) expect(ratio, name).toBeGreaterThan(least[name] ?? 1)
}

/** The server of the app, or one of those beside it; by address, so that no name is looked up. */
async function start(
  file: string | undefined,
  url: string,
  more: Readonly<Record<string, string>> = {},
) {
  const main = file && fileURLToPath(new URL(`../servers/${file}`, import.meta.url))
  const variables = file === undefined ? { IDEM_LOG_LEVEL: 'warn', ...more } : more
  const server = await startServer({ database: { url }, main, variables })
  return { ...server, url: server.url.replace('localhost', '127.0.0.1') }
}

type Side = Pick<Load, 'url' | 'ask' | 'headers'>

async function rateOf(side: Side): Promise<number> {
  return (await load({ ...side, connections: 64, seconds })).perSecond
}
