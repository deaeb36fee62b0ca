import { expect, test } from 'vitest'
import { createHashingTurns } from './hashing-turns.ts'

test('two run at once, twenty wait for their turn, and more are refused', async () => {
  const inTurn = createHashingTurns()
  const works = Array.from({ length: 22 }, () => Promise.withResolvers<number>())
  let started = 0
  const results = works.map(({ promise }) =>
    inTurn(() => {
      started += 1
      return promise
    }),
  )
  expect(started).toBe(2)
  await expect(inTurn(async () => 0)).rejects.toMatchObject({ refusal: { code: 'too_many' } })
  for (const [at, work] of works.entries()) {
    work.resolve(at)
    expect(await results[at]).toBe(at)
    expect(started).toBeLessThanOrEqual(at + 3)
  }
  expect(await inTurn(async () => 'free')).toBe('free')
})
