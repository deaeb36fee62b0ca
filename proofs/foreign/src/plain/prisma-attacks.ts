import { expect } from 'vitest'
import { runTool } from '../run-tool.ts'
import { t3Database } from '../t3/t3-world.ts'

/** What `attacks.mjs` prints of each attack when no effect is lost, half or made twice. */
const expected = {
  'connections that are lost in an effect': {
    results: ['unavailable', 'unavailable', 'unavailable', 'done'],
    rows: ['after'],
  },
  'a connection that is lost before the limit': {
    results: ['transaction_timeout', 'done'],
    rows: ['after'],
  },
  'a limit in the middle of a call': { results: ['transaction_timeout'], rows: [] },
  'a limit during COMMIT': {
    results: ['replayed', 'replayed', 'done', 'done', 'done'],
    rows: ['quick-1', 'quick-2', 'quick-3', 'slow-1', 'slow-2'],
  },
  'an extension for row-level security': {
    results: ['refused', 'refused', 'refused', 'refused', 'done'],
    rows: ['named'],
  },
  'a queue of fastq': { results: ['equal'] },
  'a queue of fastq with the transaction': { results: ['done', 'sour'], rows: ['a'] },
}

export type Attack = keyof typeof expected

export const attacks = Object.keys(expected) as Attack[]

type Attacked = {
  readonly folder: string
  /** The module of the generated client. */
  readonly client: string
  readonly connection: 'pool' | 'string'
  readonly attack: Attack
}

/** Attacks the adapter of Prisma in a project, and expects what the attack leaves. */
export async function expectHarmless({ folder, client, connection, attack }: Attacked) {
  await using database = await t3Database(folder)
  const args = ['attacks.mjs', connection, client, attack]
  const env = { DATABASE_URL: database.url, NODE_ENV: 'production' }
  const left = await runTool(process.execPath, args, { cwd: folder, env })
  expect(JSON.parse(left)[attack]).toMatchObject(expected[attack])
}
