import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { freePort } from '@idem/test-support/free-port'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { startServer } from '@idem/test-support/server-process'
import { expect, test, vi } from 'vitest'

vi.setConfig({ testTimeout: 60_000 })

/** Next and React alone are 134.6 kB. */
const mostBytes = {
  '/': 170_200,
  '/sign-in': 140_000,
  '/invite': 140_000,
  '/reset': 140_000,
  '/account': 145_000,
}
/** A smaller script fits into one packet anyway. */
const worthCompressing = 1_024

test('the scripts of the first load are sent compressed, at most 170.2 kB, 140 kB to sign in and 145 kB for the account', async () => {
  await using database = await scratchDatabase()
  const port = await freePort()
  const variables = { IDEM_PUBLIC_URL: `http://localhost:${port}`, IDEM_SECRET: 'x'.repeat(32) }
  await using server = await startServer({ database, port, variables })
  for (const [path, most] of Object.entries(mostBytes)) {
    const bytes = await scriptBytes(server.url, path)
    console.log(`first-load scripts of ${path}: ${bytes} bytes`)
    expect(bytes, path).toBeLessThanOrEqual(most)
  }
})

async function scriptBytes(url: string, path: string): Promise<number> {
  const page = (await load(url + path)).body.toString()
  // A script with `noModule` is not loaded by any browser of the last years.
  const scripts = [...page.matchAll(/<script src="([^"]+)"([^>]*)>/g)]
    .filter(([, , attributes = '']) => !/nomodule/i.test(attributes))
    .map(([, script = '']) => script)
  const loaded = await Promise.all(scripts.map((script) => load(url + script, 'gzip')))
  expect(loaded.length).toBeGreaterThan(3)
  const large = loaded.filter(({ body }) => body.length > worthCompressing)
  expect(large.filter(({ encoding }) => encoding !== 'gzip')).toEqual([])
  return loaded.reduce((sum, { body }) => sum + body.length, 0)
}

/** Does not decompress. */
async function load(url: string, accepted = 'identity') {
  const [response]: IncomingMessage[] = await once(
    get(url, { headers: { 'accept-encoding': accepted } }),
    'response',
  )
  if (response === undefined) throw new Error(`Expected a response from ${url}.`)
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return { encoding: response.headers['content-encoding'], body: Buffer.concat(chunks) }
}
