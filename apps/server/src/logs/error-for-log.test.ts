import { expect, test } from 'vitest'
import { errorForLog } from './error-for-log.ts'

const secret = 'Hemlock'

function thrown(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}

test('text that a parser quotes is not logged', () => {
  const error = thrown(() => JSON.parse(`{"title": ${secret} "and" more}`))
  expect(String(error)).toContain(secret)
  const logged = errorForLog(error)
  expect(JSON.stringify(logged)).not.toContain(secret)
  expect(logged).toMatchObject({ type: 'SyntaxError', message: expect.stringContaining('JSON') })
})

test('only the code of a driver error is logged, also for a cause', () => {
  const cause = Object.assign(new Error(`a row with "${secret}" and (${secret}) broke`), {
    code: '23514',
    detail: `Failing row contains (${secret}).`,
    meta: { title: secret },
  })
  const logged = errorForLog(new Error('It failed.', { cause }))
  expect(JSON.stringify(logged)).not.toContain(secret)
  expect(logged).toMatchObject({
    message: 'It failed.',
    cause: { code: '23514', message: 'a row with … broke' },
  })
})

test('the stack is logged', () => {
  const [frame] = errorForLog(new Error('of two\nlines')).stack
  expect(frame).toContain('error-for-log.test.ts')
})

test('a value that is not an Error, or a cyclic cause, is logged in bounded size', () => {
  expect(JSON.stringify(errorForLog(secret))).not.toContain(secret)
  const loop: Error & { cause?: unknown } = new Error('round and round')
  loop.cause = loop
  expect(JSON.stringify(errorForLog(loop)).length).toBeLessThan(20_000)
})
