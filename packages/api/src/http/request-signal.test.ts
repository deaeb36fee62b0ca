import type { IncomingMessage } from 'node:http'
import { afterEach, expect, test, vi } from 'vitest'
import { RequestSignal } from './request-signal.ts'

afterEach(() => {
  vi.useRealTimers()
})

const requestOn = (socket: { destroyed: boolean }) => ({ socket }) as unknown as IncomingMessage

test('a request is waited for until its connection is closed', () => {
  const socket = { destroyed: false }
  const signal = new RequestSignal(requestOn(socket))
  expect(signal.aborted).toBe(false)
  socket.destroyed = true
  expect(signal.aborted).toBe(true)
})

test('a request is waited for until its deadline of 10 s', () => {
  vi.useFakeTimers()
  const signal = new RequestSignal(requestOn({ destroyed: false }))
  vi.advanceTimersByTime(9_999)
  expect(signal.aborted).toBe(false)
  vi.advanceTimersByTime(2)
  expect(signal.aborted).toBe(true)
})
