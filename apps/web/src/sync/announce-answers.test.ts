import { expect, test, vi } from 'vitest'
import { announceAnswers } from './announce-answers.ts'

test.each([
  ['application/json', 1],
  ['text/html', 0],
])('a response of the type %s is announced %i times', async (type, times) => {
  const onAnswer = vi.fn()
  const response = new Response('{}', { status: 503, headers: { 'content-type': type } })
  const onFailure = expect.unreachable
  expect(await announceAnswers(async () => response, { onAnswer, onFailure })('/')).toBe(response)
  expect(onAnswer).toHaveBeenCalledTimes(times)
})

test('a request without a response is announced', async () => {
  const onFailure = vi.fn()
  const failing = () => Promise.reject(new TypeError('no network'))
  const fetch = announceAnswers(failing, { onAnswer: expect.unreachable, onFailure })
  await expect(fetch('/')).rejects.toThrow('no network')
  expect(onFailure).toHaveBeenCalledOnce()
})
