import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startPoll } from './poll.ts'

const page = Object.assign(new EventTarget(), { hidden: false })
const browser = new EventTarget()

beforeEach(() => {
  vi.useFakeTimers()
  page.hidden = false
  vi.stubGlobal('document', page)
  vi.stubGlobal('addEventListener', browser.addEventListener.bind(browser))
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('the wait between two reads is the one that the read returned', async () => {
  const read = vi.fn(async () => 500)
  const poll = startPoll(read)
  await vi.advanceTimersByTimeAsync(499)
  expect(read).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(read).toHaveBeenCalledTimes(2)
  poll.stop()
})

test('a hidden page reads nothing, and reads at once when it is visible again', async () => {
  const read = vi.fn(async () => 500)
  const poll = startPoll(read)
  page.hidden = true
  await vi.advanceTimersByTimeAsync(60_000)
  browser.dispatchEvent(new Event('online'))
  expect(read).toHaveBeenCalledTimes(1)
  page.hidden = false
  page.dispatchEvent(new Event('visibilitychange'))
  expect(read).toHaveBeenCalledTimes(2)
  poll.stop()
})

test.for(['focus', 'online'])(
  'the event %s reads at once, but not twice at once',
  async (event) => {
    let end = (_waitMs: number): void => undefined
    const read = vi.fn(() => new Promise<number>((resolve) => (end = resolve)))
    const poll = startPoll(read)
    browser.dispatchEvent(new Event(event))
    expect(read).toHaveBeenCalledTimes(1)
    end(500)
    await vi.advanceTimersByTimeAsync(0)
    browser.dispatchEvent(new Event(event))
    expect(read).toHaveBeenCalledTimes(2)
    poll.stop()
  },
)

test('a person who asks does not wait for a request in progress', async () => {
  const signals: AbortSignal[] = []
  const poll = startPoll((signal) => {
    signals.push(signal)
    return new Promise(() => undefined)
  })
  poll.now()
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
  poll.stop()
})

test('a failed read is followed by another', async () => {
  const read = vi.fn(async () => Promise.reject(new Error('no network')))
  const poll = startPoll(read)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(read).toHaveBeenCalledTimes(2)
  poll.stop()
})

test('no event ends a wait that the server asked for, but a person does', async () => {
  const read = vi.fn(async () => ({ askedMs: 3_000 }))
  const poll = startPoll(read)
  await vi.advanceTimersByTimeAsync(2_999)
  for (const event of ['focus', 'online']) browser.dispatchEvent(new Event(event))
  page.dispatchEvent(new Event('visibilitychange'))
  expect(read).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(read).toHaveBeenCalledTimes(2)
  await vi.advanceTimersByTimeAsync(1)
  poll.now()
  expect(read).toHaveBeenCalledTimes(3)
  poll.stop()
})

test('a wait that the server asked for is over when it ends behind a hidden page', async () => {
  const read = vi.fn(async () => ({ askedMs: 3_000 }))
  const poll = startPoll(read)
  page.hidden = true
  await vi.advanceTimersByTimeAsync(3_000)
  page.hidden = false
  page.dispatchEvent(new Event('visibilitychange'))
  expect(read).toHaveBeenCalledTimes(2)
  poll.stop()
})

test('a stopped poll reads nothing more', async () => {
  const read = vi.fn(async () => 500)
  const poll = startPoll(read)
  poll.stop()
  await vi.advanceTimersByTimeAsync(60_000)
  browser.dispatchEvent(new Event('focus'))
  expect(read).toHaveBeenCalledTimes(1)
})
