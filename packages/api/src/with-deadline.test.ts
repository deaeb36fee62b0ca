import { afterEach, expect, test, vi } from 'vitest'
import { withDeadline } from './with-deadline.ts'

afterEach(() => {
  vi.useRealTimers()
})

const late = () => new Error('late')

test('who waits for longer than 10 s is told so, whatever the call does later', async () => {
  vi.useFakeTimers()
  const never = withDeadline(() => new Promise<string>(() => {}), late)
  const told = expect(never).rejects.toThrow('late')
  await vi.advanceTimersByTimeAsync(9_999)
  expect(await Promise.race([never.catch(() => 'told'), Promise.resolve('waiting')])).toBe(
    'waiting',
  )
  await vi.advanceTimersByTimeAsync(1)
  await told
})

test('a call that ends in time is answered as it ends, and leaves no timer behind', async () => {
  vi.useFakeTimers()
  expect(await withDeadline(async () => 'done', late)).toBe('done')
  await expect(withDeadline(() => Promise.reject(new Error('failed')), late)).rejects.toThrow(
    'failed',
  )
  expect(vi.getTimerCount()).toBe(0)
})
