import { expect, test } from 'vitest'
import { seeded } from '../random.ts'
import { draw, times } from './draw.ts'

function counted(chances: Parameters<typeof draw>[1]) {
  const random = seeded(1)
  const drawn = Array.from({ length: 20_000 }, () => draw(random, chances))
  return (name: string | undefined) => drawn.filter((one) => one === name).length
}

test('each name is drawn with its chance, and usually none is', () => {
  const often = counted({ rain: 100, snow: 20, hail: 0.5 })
  expect(often('rain')).toBeGreaterThan(1_800)
  expect(often('rain')).toBeLessThan(2_200)
  expect(often('snow')).toBeGreaterThan(300)
  expect(often('snow')).toBeLessThan(500)
  expect(often('hail')).toBeGreaterThan(0)
  expect(often('hail')).toBeLessThan(40)
  expect(often(undefined)).toBeGreaterThan(17_000)
})

test('a chance of 1000 per mille is always drawn and a chance of 0 never', () => {
  expect(counted({ rain: 1_000 })('rain')).toBe(20_000)
  expect(counted({ rain: 0 })(undefined)).toBe(20_000)
})

test('times multiplies every chance, fractions included', () => {
  expect(times(3, { rain: 10, hail: 0.5 })).toEqual({ rain: 30, hail: 1.5 })
})
