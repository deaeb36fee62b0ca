import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { expect, onTestFinished, test, vi } from 'vitest'
import { runTool } from '../run-tool.ts'
import { codeBlocksOf, root } from './code-blocks.ts'

const here = fileURLToPath(new URL('../../', import.meta.url))

type Guide = {
  buy(owner: string, key: string, input: object): Promise<{ orderId: number; payment: string }>
  payAbandoned(): Promise<void>
}

test('the payment of the guide is made once, though its answer is lost or its client is gone', async () => {
  const service = await paymentService()
  const { buy, payAbandoned } = await guide(service.url)
  const milk = { item: 'milk', cents: 120 }

  service.loseNextAnswer()
  await expect(buy('ann', 'k', milk)).rejects.toThrow()
  const first = await buy('ann', 'k', milk)
  expect(await Promise.all([buy('ann', 'k', milk), buy('ann', 'k', milk)])).toEqual([first, first])
  expect(service.charges()).toEqual([{ cents: 120, orderId: first.orderId }])

  expect((await buy('ben', 'k', milk)).payment).not.toBe(first.payment)
  service.loseNextAnswer()
  await expect(buy('ann', 'abandoned', milk)).rejects.toThrow()
  await payAbandoned()
  service.loseNextAnswer()
  expect(await buy('ann', 'abandoned', milk)).toMatchObject({ payment: 'charge 2' })
  expect(service.charges()).toHaveLength(3)
})

/** A service that makes one charge for each `Idempotency-Key`. */
async function paymentService() {
  const charges = new Map<string, { id: string; charge: unknown }>()
  let losesNext = false
  const server = createServer(async (request, response) => {
    const charge: unknown = JSON.parse(`${Buffer.concat(await Array.fromAsync(request))}`)
    const key = String(request.headers['idempotency-key'])
    const { id } = charges.get(key) ?? { id: `charge ${charges.size}` }
    if (!charges.has(key)) charges.set(key, { id, charge })
    if (losesNext) request.socket.destroy()
    else response.end(JSON.stringify({ id }))
    losesNext = false
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close().closeAllConnections())
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    charges: () => [...charges.values()].map(({ charge }) => charge),
    loseNextAnswer() {
      losesNext = true
    },
  }
}

/** The file as the guide shows it, on a database of its own. */
async function guide(paymentsUrl: string): Promise<Guide> {
  const database = await scratchDatabase()
  onTestFinished(() => database[Symbol.asyncDispose]())
  vi.stubEnv('DATABASE_URL', database.url)
  vi.stubEnv('PAYMENTS_URL', paymentsUrl)
  onTestFinished(() => void vi.unstubAllEnvs())
  await mkdir(`${here}dist`, { recursive: true })
  const folder = await mkdtemp(`${here}dist/other-services-`)
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const blocks = await codeBlocksOf('packages/idempotency/guides/other-services.md')
  for (const { file, text } of blocks) {
    if (file !== undefined) await writeFile(join(folder, file), text)
  }
  const { DATABASE_URL = '' } = process.env
  const idem = `${root}packages/idempotency/src/cli/idem.ts`
  await runTool(process.execPath, [idem, 'migrate'], { cwd: folder, env: { DATABASE_URL } })
  const client = new pg.Client(database.url)
  await client.connect()
  const commands = blocks.map(({ language, text }) => (language === 'sh' ? text : '')).join('')
  // An order is abandoned after a minute; in this table each is older.
  const [, table = ''] = /-c '(create table .*)'/s.exec(commands) ?? []
  await client.query(table.replace('default now()', `default now() - interval '1 hour'`))
  await client.end()
  return import(join(folder, 'buy.ts'))
}
