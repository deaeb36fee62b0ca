import { addAccounts, signInVariables, type TestAccount } from '@idem/test-support/accounts'
import { onServer } from '@idem/test-support/on-server'
import { type ServerProcess, startServer } from '@idem/test-support/server-process'
import pg from 'pg'
import { v7 } from 'uuid'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type CitusCluster, citusCluster } from './citus-cluster.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 })

const intents = Number(process.env.IDEM_CITUS_INTENTS ?? 5_000)
const senders = 24
const names = Array.from({ length: 24 }, (_, at) => `owner${at}`)

let cluster: CitusCluster
let accounts: TestAccount[]
let servers: ServerProcess[]

/** Two processes, each with an entry of its own. */
beforeAll(async () => {
  cluster = await citusCluster()
  accounts = await addAccounts(cluster.nodes[0].url, names)
  const variables = { ...signInVariables, IDEM_LOG_LEVEL: 'error' }
  servers = []
  for (const database of cluster.nodes.slice(0, 2)) {
    servers.push(await startServer({ database, variables }))
  }
})
afterAll(async () => {
  for (const server of servers ?? []) await server[Symbol.asyncDispose]()
  await cluster?.[Symbol.asyncDispose]()
})

type Answer = { readonly status: number; readonly text: string; readonly ms: number }

async function send(
  server: number,
  account: TestAccount,
  [operation, input]: Call,
): Promise<Answer> {
  const begun = performance.now()
  const answer = await fetch(`${servers[server]?.url}/api/trpc/${operation}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${account.apiKey}` },
    body: JSON.stringify(input),
    signal: AbortSignal.timeout(15_000),
  }).then(
    async (response) => ({ status: response.status, text: await response.text() }),
    () => ({ status: 0, text: '' }),
  )
  return { ...answer, ms: performance.now() - begun }
}

type Call = readonly [operation: string, input: Readonly<Record<string, unknown>>]

/** Until it has an answer that is stored. */
async function settle(server: number, account: TestAccount, call: Call, seen: number[]) {
  for (;;) {
    const answer = await send(server, account, call)
    seen.push(answer.status)
    const isTransient = /"retry":"same_key"/.test(answer.text) || answer.status === 0
    if (!isTransient) return answer.text
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

test('each intent has one effect and one answer while nodes are killed and shards move', async () => {
  const seen: number[] = []
  const wrong: string[] = []
  let sent = 0
  let isOver = false
  /** Each call at both servers at once, and once more. */
  const twice = async (account: TestAccount, call: Call) => {
    const answers = await Promise.all([0, 1].map((at) => settle(at, account, call, seen)))
    sent += 1
    if (answers[0] !== answers[1]) wrong.push(`${JSON.stringify(call)}: ${answers.join(' or ')}`)
    return answers[0] ?? ''
  }
  const sender = async (at: number) => {
    while (sent < intents) {
      const account = accounts[(at + sent) % accounts.length] as TestAccount
      const title = `todo ${at} ${sent}`
      const made = await twice(account, ['createTodo', { idempotencyKey: v7(), title }])
      const id = JSON.parse(made).result?.data.id
      const change = { idempotencyKey: v7(), id, version: 1, completed: true }
      const changed = await twice(account, ['updateTodo', change])
      if (JSON.parse(changed).result?.data.version !== 2) wrong.push(changed)
    }
  }
  const faults: string[] = []
  const faulting = async () => {
    for (let round = 0; !isOver; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      const node = cluster.nodes[round % 3] as (typeof cluster.nodes)[0]
      if (round % 2 === 0) {
        process.kill(await node.postmaster(), 'SIGKILL')
        await node.restart()
        faults.push(`killed node ${round % 3}`)
      } else {
        faults.push(await moveShard().catch((error: unknown) => `not moved: ${error}`))
      }
    }
  }
  const done = Promise.all(Array.from({ length: senders }, (_, at) => sender(at))).finally(() => {
    isOver = true
  })
  await Promise.all([done, faulting()])
  const counts = Object.entries(Object.groupBy(seen, String)).map(
    ([status, all]) => `${status}: ${all?.length}`,
  )
  console.log(
    `${sent} intents, ${seen.length} attempts (${counts.join(', ')}), ${faults.length} faults`,
  )
  console.log(faults.join('; '))
  expect(wrong).toEqual([])
  expect(seen).not.toContain(500)
  await onServer(cluster.nodes[0].url, async (sql) => {
    const { rows } = await sql.query(`
      select (select count(*) from todo)::int as todos, (select count(distinct (owner_id, created_key)) from todo)::int as keys,
        (select count(*) from todo where version <> 2)::int as unchanged,
        (select count(*) from idem.idempotency_record)::int as records,
        (select count(*) from idem.idempotency_record where answer is null)::int as unanswered`)
    const creates = sent / 2
    expect(rows).toEqual([
      { todos: creates, keys: creates, unchanged: 0, records: sent, unanswered: 0 },
    ])
  })
})

/** A shard to the other worker. Its tables are locked for a moment at the end. */
async function moveShard(): Promise<string> {
  const client = new pg.Client({ connectionString: cluster.nodes[0].url })
  client.on('error', () => {})
  await client.connect()
  try {
    const [, one, other] = cluster.nodes
    const { rows } = await client.query(
      `select shardid, nodeport from citus_shards where table_name = 'todo'::regclass order by random() limit 1`,
    )
    const [{ shardid, nodeport }] = rows
    const target = nodeport === one.port ? other.port : one.port
    await client.query(
      `select citus_move_shard_placement($1, '127.0.0.1', $2, '127.0.0.1', $3, 'force_logical')`,
      [shardid, nodeport, target],
    )
    return `moved shard ${shardid}`
  } finally {
    await client.end().catch(() => undefined)
  }
}
