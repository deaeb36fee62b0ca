import { afterEach, expect, test, vi } from 'vitest'
import { allSettled, createWorld, words } from './test-world.ts'

afterEach(() => vi.unstubAllGlobals())

test('a subscriber that throws keeps no intent from being stored, sent and answered, and is reported', async () => {
  const report = vi.fn()
  vi.stubGlobal('reportError', report)
  await using world = createWorld()
  const tab = world.open()
  const broken = new Error('This component is broken.')
  tab.subscribe(() => {
    throw broken
  })
  const { written, answer } = tab.add(words('milk'))
  await written
  await allSettled(tab)
  expect(await answer).toEqual({ version: 1 })
  expect(report).toHaveBeenCalledWith(broken)
})
