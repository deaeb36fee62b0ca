import { check } from '@idem/check'
import { beforeEach, expect, test, vi } from 'vitest'
import { frameworks, httpWorld } from './test-servers.ts'

// Express logs each client that leaves in its body.
beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
})

test.concurrent.for(Object.entries(frameworks))(
  'idem-check breaks nothing of two servers under %s',
  { timeout: 120_000 },
  async ([, start]) => {
    await using it = await httpWorld(start)
    const [url, also] = it.urls.map((origin) => new URL('/posts', origin))
    if (url === undefined) throw new Error('Expected two servers.')
    const json = ['Content-Type', 'application/json'] as const
    const { findings } = await check({
      url,
      also,
      method: 'POST',
      headers: [json],
      body: '{"name":"milk {{unique}}","note":"fresh"}',
      keyIn: { in: 'header', name: 'Idempotency-Key' },
      profile: 'idem',
      count: () => it.world.effects(),
      otherPath: '/others',
      otherUser: [json, ['X-User', 'bob']],
      rate: 1_000,
    })
    const other = findings.filter(({ verdict }) => verdict !== 'held')
    // It was not told another method, a body that is refused, how to kill the servers, or the retention.
    expect(other).toMatchObject(Array.from({ length: 4 }, () => ({ verdict: 'not checked' })))
  },
)
