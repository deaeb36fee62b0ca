import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { expect, test } from 'vitest'
import { createWorld, Declined, make } from '../test-world.ts'
import type { Tracer } from './report-attempts.ts'

function recordedSpans() {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  return {
    tracer: provider.getTracer('test'),
    spans: () =>
      exporter.getFinishedSpans().map(({ name, attributes, status }) => ({
        name,
        outcome: attributes['idem.outcome'],
        status: status.code,
        attributes,
      })),
  }
}

const [unset, failed] = [0, 2]

test.for(['run', 'batched'] as const)(
  "each attempt is a span of OpenTelemetry's tracer, with its operation and outcome (%s)",
  async (form) => {
    await using world = await createWorld()
    const { tracer, spans } = recordedSpans()
    const send = world.newServer({ tracer })[form]
    await Promise.all([send({ key: 'k' }), send({ key: 'k' })])
    await expect(send({ key: 'k', input: 'another' })).rejects.toMatchObject({ code: 'key_reused' })
    const name = 'idempotent make'
    expect(spans()).toMatchObject([
      { name, outcome: 'executed', status: unset },
      { name, outcome: 'replayed', status: unset, attributes: { 'idem.replay_age_ms': 0 } },
      { name, outcome: 'refused', status: unset },
    ])
    const hashes = spans().map(({ attributes }) => attributes['idem.key_hash'])
    expect(new Set(hashes).size).toBe(1)
    expect(JSON.stringify(spans())).not.toContain('"k"')
  },
)

test('a span has the wait for the key', async () => {
  await using world = await createWorld()
  const { tracer, spans } = recordedSpans()
  const claimed = Promise.withResolvers<void>()
  const held = world.newServer().run({ key: 'k' }, async (tx) => {
    claimed.resolve()
    await tx.query('select pg_sleep(0.3)')
  })
  await claimed.promise
  await world.newServer({ tracer }).run({ key: 'k' })
  await held
  expect(spans()[0]?.attributes['idem.wait_ms']).toBeGreaterThan(100)
})

test('a span is an error when the outcome is unknown or the effect failed, not when it declined', async () => {
  await using world = await createWorld()
  const { tracer, spans } = recordedSpans()
  const away = Object.assign(new Error('away'), { code: 'ECONNREFUSED' })
  const lost = world.newServer({ tracer, transact: () => () => Promise.reject(away) })
  await expect(lost.run({ key: 'a' })).rejects.toThrow()
  const { run } = world.newServer({ tracer })
  await expect(run({ key: 'b' }, () => Promise.reject(new Error('bug')))).rejects.toThrow('bug')
  await expect(run({ key: 'c' }, () => Promise.reject(new Declined('full')))).rejects.toThrow()
  expect(spans()).toMatchObject([
    { outcome: 'unavailable', status: failed },
    { outcome: 'refused', status: failed },
    { outcome: 'refused', status: unset },
  ])
})

test('a tracer that fails at the end of a span fails no committed attempt', async () => {
  await using world = await createWorld()
  const end = () => {
    throw new Error('full')
  }
  const span = { setAttributes: () => span, setStatus: () => span, end }
  const tracer: Tracer = { startActiveSpan: (_name, _options, work) => work(span) }
  expect(await world.newServer({ tracer }).run({ key: 'k' }, make('k'))).toMatchObject({
    replayed: false,
  })
})
