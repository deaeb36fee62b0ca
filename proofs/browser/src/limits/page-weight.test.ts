import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { startServer } from '@idem/test-support/server-process'
import { expect, test, vi } from 'vitest'

vi.setConfig({ testTimeout: 60_000 })

/** Next and React alone are 134.6 kB. */
const mostScriptBytes = 170_500
/** A smaller script fits into one packet anyway. */
const worthCompressing = 1_024

test('the scripts of the first load are sent compressed, at most 170.5 kB', async () => {
  await using database = await scratchDatabase()
  await using server = await startServer({ database })
  const page = (await load(`${server.url}/`)).body.toString()
  // A script with `noModule` is not loaded by any browser of the last years.
  const scripts = [...page.matchAll(/<script src="([^"]+)"([^>]*)>/g)]
    .filter(([, , attributes = '']) => !/nomodule/i.test(attributes))
    .map(([, path = '']) => path)
  const loaded = await Promise.all(scripts.map((path) => load(server.url + path, 'gzip')))

  expect(loaded.length).toBeGreaterThan(3)
  const large = loaded.filter(({ body }) => body.length > worthCompressing)
  expect(large.filter(({ encoding }) => encoding !== 'gzip')).toEqual([])
  const bytes = loaded.reduce((sum, { body }) => sum + body.length, 0)
  console.log(`first-load scripts: ${bytes} bytes`)
  expect(bytes).toBeLessThanOrEqual(mostScriptBytes)
})

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
