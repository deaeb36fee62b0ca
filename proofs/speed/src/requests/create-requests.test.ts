import { expect, test } from 'vitest'
import { createUpdates } from './create-requests.ts'

test('a todo is changed by one request at a time, and not again after an error', () => {
  const kept = ['a', 'b'].map((id) => ({ key: id, body: '', answer: JSON.stringify({ id }) }))
  const next = createUpdates(kept)
  const [first] = [next(), next()]
  expect(next).toThrow('Expected more todos than requests at once.')
  first.check('{"version":2}')
  // The second had no answer.
  expect(JSON.parse(next().body)).toMatchObject({ id: 'a', version: 2 })
})
