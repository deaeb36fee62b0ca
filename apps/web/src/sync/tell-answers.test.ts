import { expect, test, vi } from 'vitest'
import { tellAnswers } from './tell-answers.ts'

test.each([
  ['application/json', 1],
  ['text/html', 0],
])('a response of the type %s is told of %i times', async (type, times) => {
  const onAnswer = vi.fn()
  const response = new Response('{}', { status: 503, headers: { 'content-type': type } })
  expect(await tellAnswers(async () => response, onAnswer)('/')).toBe(response)
  expect(onAnswer).toHaveBeenCalledTimes(times)
})
