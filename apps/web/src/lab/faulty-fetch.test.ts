import { expect, test, vi } from 'vitest'
import { createFaultyFetch, type Faults } from './faulty-fetch.ts'

const none = { dropsAnswers: false, sendsTwice: false, waits: false, isOffline: false }
const create = { method: 'POST', body: '{"title":"x","idempotencyKey":"k"}' }

function lab(faults: Partial<Faults>) {
  const send = vi.fn(async () => new Response('saved'))
  const told = { onDuplicate: vi.fn(), onHeldBack: vi.fn() }
  const fetch = createFaultyFetch({ send, faults: () => ({ ...none, ...faults }), ...told })
  return { send, ...told, fetch }
}

test('without faults a request is sent and answered', async () => {
  const { send, fetch } = lab({})
  expect(await (await fetch('/create', create)).text()).toBe('saved')
  expect(send).toHaveBeenCalledTimes(1)
})

test('the first two answers of each mutation are dropped after the server has them', async () => {
  const { send, fetch } = lab({ dropsAnswers: true })
  for (const body of [create.body, create.body.replace('k', 'l')]) {
    const again = { ...create, body }
    await expect(fetch('/create', again)).rejects.toThrow(TypeError)
    await expect(fetch('/create', again)).rejects.toThrow(TypeError)
    expect(await (await fetch('/create', again)).text()).toBe('saved')
  }
  expect(send).toHaveBeenCalledTimes(6)
})

test('the answer of a read is not dropped', async () => {
  const { fetch } = lab({ dropsAnswers: true })
  expect(await (await fetch('/list')).text()).toBe('saved')
})

test('a duplicate is sent with the same body, counted by its key, and its failure has no effect', async () => {
  const { send, onDuplicate, fetch } = lab({ sendsTwice: true })
  send.mockRejectedValueOnce(new TypeError('no network'))
  expect(await (await fetch('/create', create)).text()).toBe('saved')
  expect(send.mock.calls).toEqual([
    ['/create', create],
    ['/create', create],
  ])
  expect(onDuplicate.mock.calls).toEqual([['k']])
})

test('a request waits five seconds, or until it is given up', async () => {
  vi.useFakeTimers()
  const { send, fetch } = lab({ waits: true })
  const controller = new AbortController()
  const given = fetch('/create', { ...create, signal: controller.signal })
  const answered = fetch('/create', create)
  controller.abort(new Error('given up'))
  await expect(given).rejects.toThrow('given up')
  await vi.advanceTimersByTimeAsync(4_999)
  expect(send).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect((await answered).ok).toBe(true)
  vi.useRealTimers()
})

test('offline nothing is sent', async () => {
  const { send, fetch } = lab({ isOffline: true })
  await expect(fetch('/create', create)).rejects.toThrow(TypeError)
  expect(send).not.toHaveBeenCalled()
})
