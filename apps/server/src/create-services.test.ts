import { createPool } from '@idem/database/pool'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import pino from 'pino'
import { afterEach, expect, test, vi } from 'vitest'
import { createServices } from './create-services.ts'
import { readEnvironment } from './environment.ts'

afterEach(() => vi.useRealTimers())

test('a server without sign-in refuses all calls once another process has made the first account', async () => {
  await using database = await scratchDatabase()
  await using closing = new AsyncDisposableStack()
  const admin = createPool({ url: database.url, max: 1 })
  closing.defer(() => admin.end())
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const { contextOf, canWrite } = await createServices({
    ...{ environment: readEnvironment({}), url: database.url, closing },
    log: pino({ level: 'silent' }),
  })
  const call = async () => contextOf({ headers: {} } as Parameters<typeof contextOf>[0])
  expect(await call()).toMatchObject({ caller: { owner: 'local' } })
  await admin.query(`update idem.installation set requires = '{accounts}'`)
  vi.advanceTimersByTime(30_000)
  await expect.poll(canWrite).toBe(false)
  await expect(call()).rejects.toMatchObject({ refusal: { code: 'unauthenticated' } })
})
