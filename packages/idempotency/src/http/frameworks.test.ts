import { randomUUID } from 'node:crypto'
import { v7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { calls, picture } from './test-effects.ts'
import type { Received } from './test-exchange.ts'
import { frameworks, httpWorld } from './test-servers.ts'

describe.for(Object.entries(frameworks))('%s', ([name, start]) => {
  let it: Awaited<ReturnType<typeof httpWorld>>
  beforeAll(async () => {
    it = await httpWorld(start)
    calls.clear()
  })
  afterAll(() => it?.[Symbol.asyncDispose]())

  test('a request sent twice with one key has one effect and two equal responses', async () => {
    const sent = { key: randomUUID(), body: { name: 'milk' } }
    const first = await it.send(sent)
    expect(first).toMatchObject({ status: 201, body: { made: 'milk', call: 1, context: 'effect' } })
    expect(first.headers).toMatchObject({
      location: '/posts/milk',
      etag: '"1"',
      'idempotency-key-lifetime': '86400',
      'x-outer': 'yes',
    })
    expect(first.headers).not.toHaveProperty('idempotent-replayed')
    for (const send of [it.send, it.sendElsewhere]) {
      const again = await send(sent)
      expect(again.bytes).toEqual(first.bytes)
      expect(again.status).toBe(201)
      expect(replayedHeaders(again)).toEqual(replayedHeaders(first))
      expect(again.headers).toMatchObject({
        'idempotent-replayed': 'true',
        'idempotency-key-lifetime': '86400',
        'x-outer': 'yes',
      })
    }
    expect(await it.world.effects('milk')).toBe(1)
  })

  test('a cookie and other headers of one response are sent once and not replayed', async () => {
    const sent = { key: randomUUID(), body: { name: 'cookie' } }
    const first = await it.send(sent)
    expect(first.headers).toHaveProperty('set-cookie')
    expect(first.headers).toHaveProperty('x-chosen')
    const again = await it.send(sent)
    expect(again.headers).not.toHaveProperty('set-cookie')
    expect(again.headers).not.toHaveProperty('x-chosen')
  })

  test('fifty requests at once to two servers have one effect and equal responses', async () => {
    const sent = { key: randomUUID(), body: { name: 'tea' } }
    const responses = await Promise.all(
      Array.from({ length: 50 }, (_, at) => (at % 2 ? it.send : it.sendElsewhere)(sent)),
    )
    expect(new Set(responses.map(({ status, bytes }) => `${status} ${bytes}`))).toEqual(
      new Set(['201 {"made":"tea","call":1,"context":"effect"}']),
    )
    const first = responses.filter(({ headers }) => headers['idempotent-replayed'] === undefined)
    expect(first).toHaveLength(1)
    expect(await it.world.effects('tea')).toBe(1)
  })

  test('another body, query, path parameter or route under one key is refused', async () => {
    const sent = { key: randomUUID(), body: { name: 'salt' } }
    await it.send({ ...sent, path: '/posts?draft=1' })
    for (const other of [
      { ...sent, path: '/posts?draft=1', body: { name: 'pepper' } },
      { ...sent, path: '/posts?draft=2' },
      { ...sent, path: '/others?draft=1' },
    ]) {
      const refused = await it.send(other)
      expect(refused).toMatchObject({
        status: 422,
        headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
        body: {
          type: 'about:blank',
          title: 'Unprocessable Entity',
          status: 422,
          detail: expect.stringContaining('another input'),
          refusal: { code: 'key_reused', retry: 'never' },
        },
      })
    }
    const deleting = { key: randomUUID(), method: 'DELETE' }
    const gone = await it.send({ ...deleting, path: '/posts/gone-1' })
    expect([gone.status, `${gone.bytes}`]).toEqual([204, ''])
    expect((await it.send({ ...deleting, path: '/posts/gone-1' })).status).toBe(204)
    expect((await it.send({ ...deleting, path: '/posts/gone-2' })).status).toBe(422)
    expect(await it.world.effects('gone-1')).toBe(1)
    expect(await it.world.effects('gone-2')).toBe(0)
    expect(await it.world.effects('pepper')).toBe(0)
  })

  test('members of a JSON body in another order are the same body', async () => {
    const sent = { key: randomUUID(), body: '{"name":"order","a":1}' }
    expect((await it.send(sent)).status).toBe(201)
    const again = await it.send({ ...sent, body: '{ "a": 1, "name": "order" }' })
    expect(again.headers).toMatchObject({ 'idempotent-replayed': 'true' })
  })

  test('a number that JSON has and no program can hold is refused', async () => {
    const body = '{"name":"huge","nested":[{"amount":-1e400}]}'
    expect(await it.send({ key: randomUUID(), body })).toMatchObject({
      status: 400,
      body: { refusal: { code: 'invalid_input', retry: 'never' } },
    })
    expect(await it.world.effects('huge')).toBe(0)
  })

  test('a text body is compared as it is', async () => {
    const sent = { key: randomUUID(), path: '/text', headers: ['content-type', 'text/plain'] }
    expect((await it.send({ ...sent, body: 'bread' })).body).toMatchObject({ made: 'bread' })
    expect((await it.send({ ...sent, body: 'bread ' })).status).toBe(422)
    expect((await it.send({ ...sent, body: 'bread' })).body).toMatchObject({ made: 'bread' })
  })

  test('two owners use one key independently', async () => {
    const sent = { key: randomUUID(), body: { name: 'owned' } }
    expect((await it.send(sent)).body.call).toBe(1)
    expect((await it.send({ ...sent, user: 'ben' })).body.call).toBe(2)
    expect(await it.world.effects('owned')).toBe(2)
  })

  test('a response with a status of 400 or above leaves as it is, rolls back and frees the key', async () => {
    const sent = { key: randomUUID(), path: '/declined/jam', body: {} }
    for (const call of [1, 2]) {
      const declined = await it.send(sent)
      expect(declined).toMatchObject({
        status: 409,
        headers: { 'x-reason': 'taken', 'x-outer': 'yes' },
        body: { error: 'Declined.' },
      })
      expect(declined.headers).not.toHaveProperty('idempotent-replayed')
      expect(calls.get('jam')).toBe(call)
    }
    expect(await it.world.effects('jam')).toBe(0)
    expect((await it.send({ key: sent.key, body: { name: 'free' } })).status).toBe(201)
  })

  test('an error after the insert leaves no row and a free key', async () => {
    const sent = { key: randomUUID(), path: '/throws/oats', body: {} }
    const failed = await it.send(sent)
    expect(failed).toMatchObject({ status: 418, body: expect.anything() })
    expect(`${failed.bytes}`).toContain('Failed.')
    expect(await it.world.effects('oats')).toBe(0)
    expect((await it.send({ key: sent.key, body: { name: 'after' } })).status).toBe(201)
  })

  test('duplicates of a failing request get its response, and none has an effect', async () => {
    const sent = { key: randomUUID(), path: '/declined/slow-jam', body: {} }
    const responses = await Promise.all([it.send(sent), it.send(sent), it.sendElsewhere(sent)])
    expect(responses).toMatchObject(
      responses.map(() => ({ status: 409, body: { error: 'Declined.' } })),
    )
    expect(await it.world.effects('slow-jam')).toBe(0)
  })

  // Express does not reveal the error of a handler.
  if (name === 'Hono' || name === 'Fastify') {
    test('an unexpected error that is a conflict of transactions may be sent again', async () => {
      const refused = await it.send({ key: randomUUID(), path: '/conflict', body: {} })
      expect(refused).toMatchObject({ status: 503, body: { refusal: { retry: 'same_key' } } })
    })
  }

  test('a declared status is committed, stored and replayed, with the chosen header', async () => {
    const sent = { key: randomUUID(), path: '/stored', body: {} }
    const first = await it.send(sent)
    const again = await it.send(sent)
    expect(first.headers).not.toHaveProperty('idempotent-replayed')
    expect(again).toMatchObject({
      status: 402,
      headers: { 'idempotent-replayed': 'true', 'x-chosen': 'stored' },
      body: { error: 'No money.' },
    })
    // The option `headers` names it in vain.
    expect(first.headers).toHaveProperty('set-cookie')
    expect(again.headers).not.toHaveProperty('set-cookie')
    expect(await it.world.effects('stored')).toBe(1)
  })

  test('a redirect and bytes are replayed', async () => {
    const cases = [
      { path: '/see-other', expected: { status: 303, headers: { location: '/posts/1' } } },
      {
        path: '/picture',
        expected: { status: 200, headers: { 'content-type': 'image/png' }, bytes: picture },
      },
    ]
    for (const { path, expected } of cases) {
      const sent = { key: randomUUID(), path, body: {} }
      const first = await it.send(sent)
      expect(first).toMatchObject(expected)
      const again = await it.send(sent)
      expect(again).toMatchObject({ ...expected, bytes: first.bytes })
      expect(again.headers).toMatchObject({ 'idempotent-replayed': 'true' })
    }
    expect(await it.world.effects('picture')).toBe(1)
  })

  test('a key is the same bare and as a quoted string', async () => {
    const bare = randomUUID()
    await it.send({ key: bare, body: { name: 'quoted' } })
    const again = await it.send({ key: `"${bare}"`, body: { name: 'quoted' } })
    expect(again.headers).toMatchObject({ 'idempotent-replayed': 'true' })
  })

  test.for([
    ['two headers', ['idempotency-key', 'a', 'idempotency-key', 'b']],
    ['two equal headers', ['idempotency-key', '"a"', 'idempotency-key', '"a"']],
    ['a list', ['idempotency-key', 'a,b']],
    ['a parameter', ['idempotency-key', '"a";b="c"']],
    ['an escape', ['idempotency-key', '"a\\"b"']],
    ['a space', ['idempotency-key', 'a b']],
    ['256 characters', ['idempotency-key', 'a'.repeat(256)]],
  ] as const)('%s in place of a key are refused', async ([, headers]) => {
    const refused = await it.send({ headers, body: { name: 'malformed' } })
    expect(refused).toMatchObject({
      status: 400,
      headers: { 'content-type': 'application/problem+json' },
      body: { status: 400, refusal: { code: 'key_malformed', retry: 'never' } },
    })
    expect(await it.world.effects('malformed')).toBe(0)
  })

  test('a request without a key is refused and changes nothing', async () => {
    for (const headers of [[], ['idempotency-key', '']]) {
      const refused = await it.send({ headers, body: { name: 'keyless' } })
      expect(refused).toMatchObject({ status: 400, body: { refusal: { code: 'key_missing' } } })
    }
    expect(await it.world.effects('keyless')).toBe(0)
  })

  test('where a missing key is allowed, each request is an intent of its own, in a transaction', async () => {
    const sent = { path: '/allowed', body: {} }
    const responses = [await it.send(sent), await it.send(sent)]
    expect(responses.map(({ status }) => status)).toEqual([200, 200])
    expect(responses[0]?.headers).not.toHaveProperty('idempotency-key-lifetime')
    expect(await it.world.effects('allowed')).toBe(2)
    const keyed = { ...sent, key: randomUUID() }
    expect((await it.send(keyed)).bytes).toEqual((await it.send(keyed)).bytes)
    expect(await it.world.effects('allowed')).toBe(3)
  })

  test('a key from the future is refused for all requests, each with the time of its response', async () => {
    const sent = { key: v7({ msecs: Date.now() + 3_600_000 }), body: { name: 'early' } }
    const responses = [await it.send(sent), await it.sendElsewhere(sent)]
    const refusal = { code: 'key_from_future', retry: 'new_key', serverTime: expect.any(String) }
    expect(responses).toMatchObject(Array(2).fill({ status: 412, body: { refusal } }))
    const replayed = responses.map(({ headers }) => headers['idempotent-replayed'])
    expect(replayed).toEqual([undefined, 'true'])
  })

  test('a refusal leads to the documentation of the API', async () => {
    const refused = await it.send({
      path: '/allowed',
      body: {},
      headers: ['idempotency-key', 'a b'],
    })
    expect(refused.body).toMatchObject({ type: 'https://example.com/keys', status: 400 })
  })

  test('a GET passes without a transaction', async () => {
    for (const method of ['GET', 'HEAD']) {
      const read = await it.send({ method })
      expect(read.status).toBe(200)
      expect(read.headers).not.toHaveProperty('idempotency-key-lifetime')
    }
    expect((await it.send({ method: 'GET', key: 'any' })).body).toBe('reads with undefined')
  })

  test.for(streams[name.split(' ')[0] as keyof typeof streams])(
    'a response that is sent in parts is refused and rolled back: %s',
    async (kind) => {
      const refused = await it.send({ key: randomUUID(), path: `/stream/${kind}`, body: {} })
      expect(refused.status).toBe(500)
      expect(refused.headers).toMatchObject({ 'x-outer': 'yes' })
      expect(refused.headers['content-type']).not.toMatch(/event-stream/)
      expect(await it.world.effects(`stream ${kind}`)).toBe(0)
    },
  )

  test('a form with files is refused', async () => {
    const headers = ['content-type', 'multipart/form-data; boundary=x']
    const body = '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n'
    const refused = await it.send({ key: randomUUID(), headers, body })
    expect(refused.status).toBe(415)
  })

  test('a client that leaves loses nothing: the effect is committed and replayed', async () => {
    const sent = { key: randomUUID(), body: { name: 'slow-rice' } }
    const leaving = new AbortController()
    const lost = it.send({ ...sent, signal: leaving.signal })
    await expect.poll(() => calls.get('slow-rice')).toBe(1)
    leaving.abort()
    await expect(lost).rejects.toThrow()
    expect(await it.sendElsewhere(sent)).toMatchObject({
      status: 201,
      headers: { 'idempotent-replayed': 'true' },
      body: { made: 'slow-rice', call: 1 },
    })
    expect(await it.world.effects('slow-rice')).toBe(1)
  })

  test('a handler that takes too long is rolled back and holds no key', async () => {
    const sent = { key: randomUUID(), path: '/late/never-figs', body: {} }
    const late = await it.send(sent)
    expect(late.status).toBe(500)
    expect(await it.world.effects('never-figs')).toBe(0)
    expect((await it.send({ key: sent.key, body: { name: 'figs' } })).status).toBe(201)
    // The handler answers after its time, and nobody hears it.
    expect((await it.send({ key: randomUUID(), path: '/late/slow-figs', body: {} })).status).toBe(
      500,
    )
    await new Promise((resolve) => setTimeout(resolve, 350))
    expect(await it.world.effects('slow-figs')).toBe(0)
  })

  test('a key that another server holds is refused as in progress within waitMs', async () => {
    const sent = { key: randomUUID(), body: { name: 'held' } }
    const claimed = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    const held = it.world.newServer().run({ key: sent.key, owner: 'ann' }, async () => {
      claimed.resolve()
      await release.promise
    })
    await claimed.promise
    expect(await it.send(sent)).toMatchObject({
      status: 409,
      headers: { 'retry-after': '1', 'x-outer': 'yes' },
      body: { refusal: { code: 'in_flight', retry: 'same_key', retryAfterMs: 1_000 } },
    })
    release.resolve()
    await held
  })

  test('a commit that fails is no success, and a conflict may be sent again under its key', async () => {
    await it.world.admin.query(`
      create function public.lose() returns trigger language plpgsql as $$
      begin raise exception 'lost' using errcode = replace(new.name, 'allowed', '40001'); end $$;
      create constraint trigger lose after insert on public.effect
        deferrable initially deferred for each row when (new.name in ('40001', '23514', 'allowed'))
        execute function public.lose()`)
    const lost = await it.send({ key: randomUUID(), body: { name: '40001' } })
    expect(lost).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1', 'x-outer': 'yes' },
      body: { refusal: { code: 'unavailable', retry: 'same_key' } },
    })
    expect(lost.headers).not.toHaveProperty('location')
    expect(lost.headers).not.toHaveProperty('set-cookie')
    const failed = await it.send({ key: randomUUID(), body: { name: '23514' } })
    expect(failed.status).toBe(500)
    expect(failed.headers).toMatchObject({ 'x-outer': 'yes' })
    expect(failed.headers).not.toHaveProperty('location')
    expect(calls.get('40001')).toBe(1)
    const keyless = await it.send({ path: '/allowed', body: {} })
    expect(keyless).toMatchObject({ status: 503, body: { refusal: { retry: 'ask_person' } } })
    expect(keyless.headers).not.toHaveProperty('retry-after')
  })
})

/** How each framework sends a body in parts. */
const streams = {
  Hono: ['plain', 'text', 'events', 'response'],
  Express: ['pipe', 'file', 'flush', 'write'],
  Fastify: ['node', 'web', 'response', 'hijack', 'raw'],
} as const

function replayedHeaders({ headers }: Received) {
  const { location, etag, 'content-type': contentType } = headers
  return { location, etag, contentType }
}
