import { expect, test } from 'vitest'
import { drawParts } from './draw-parts.ts'
import { examplePart } from './example-part.ts'

const picture = drawParts([examplePart(), examplePart({ part: 2 })])

test('each fault is a mark in the lane of its kind, at its time', () => {
  expect(count('kill_server', 'M')).toBe(4)
  expect(count('stop_postgres', 'M')).toBe(2)
  expect(count('kill_backend', 'M')).toBe(2)
  expect(count('stop_server', 'M')).toBe(0)
  // 780 pixels for 42 seconds: the second part begins in the middle.
  const xs = [...path('kill_server').matchAll(/M([\d.]+)/g)].map(([, x]) => Number(x))
  expect(xs).toEqual([168.6, 205.7, 558.6, 595.7])
})

test('the latencies of each part are lines of their own on a logarithmic axis', () => {
  expect(count('p50', 'M')).toBe(2)
  expect(count('p99', 'L')).toBe(2)
  const [first = 0, second = 0] = [...path('p99').matchAll(/ ([\d.]+)/g)].map(([, y]) => Number(y))
  const [median = 0] = [...path('p50').matchAll(/ ([\d.]+)/g)].map(([, y]) => Number(y))
  // A tenth of the latency is a step of equal length.
  expect(first - second).toBeCloseTo(median - first)
  expect(second).toBeLessThan(first)
})

test('the outcomes are stacked in proportion to their counts', () => {
  const [ok = 0, replayed = 0, refused = 0, unknown = 0] = stackedHeights()
  expect(replayed / ok).toBeCloseTo(800 / 600)
  expect(refused / ok).toBeCloseTo(950 / 600)
  expect(unknown / ok).toBeCloseTo(1_000 / 600)
})

test('a million attempts in an hour make a picture of less than 100 kB', () => {
  const [fault] = examplePart().faults
  const [bucket] = examplePart().buckets
  if (fault === undefined || bucket === undefined) throw new Error('Expected an example of each.')
  const faults = Array.from({ length: 33 }, (_, at) => ({ ...fault, at: at * 2_700 }))
  const buckets = Array.from({ length: 9 }, (_, at) => ({ ...bucket, at: at * 10_000 }))
  const part = examplePart({ durationMs: 90_000, faults, buckets })
  expect(drawParts(Array.from({ length: 40 }, () => part)).length).toBeLessThan(100_000)
})

/** The data of the first path of this class. */
function path(name: string): string {
  return new RegExp(`<path class="(?:\\w+ )?${name}" d="([^"]*)"`).exec(picture)?.[1] ?? ''
}

function count(name: string, command: string): number {
  return path(name).split(command).length - 1
}

function stackedHeights(): number[] {
  return ['ok', 'replayed', 'refused', 'unknown'].map((outcome) => {
    const [, base = 0, top = 0] = /^M[\d.]+ ([\d.]+)V([\d.]+)/.exec(path(outcome)) ?? []
    return Number(base) - Number(top)
  })
}
