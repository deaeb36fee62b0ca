import { expect, test } from 'vitest'
import {
  processorSeconds,
  processStatIn,
  residentMb,
  residentMbIn,
  secondsOf,
} from './process-usage.ts'

test('the resident memory is the line VmRSS, in MB', () => {
  expect(residentMbIn('VmHWM:\t  9999 kB\nVmRSS:\t  1000 kB\nRssAnon:\t 5 kB\n')).toBe(1.024)
  expect(() => residentMbIn('Name:\tnode\n')).toThrow('VmRSS')
})

// The fields 14 to 17: the ticks of the process in user and kernel mode, and those of ended children.
const stat = (pid: number, name: string, parent: number, ticks: string) =>
  `${pid} (${name}) S ${parent} 1 1 0 -1 4194304 100 0 0 0 ${ticks} 20 0 1 0 100 1000 10`

test('a name with spaces and parentheses does not shift the fields', () => {
  expect(processStatIn(stat(7, 'a (b) c', 3, '100 20 3 1'))).toEqual({
    pid: 7,
    parent: 3,
    seconds: 1.24,
  })
  expect(() => processStatIn('')).toThrow('Expected a process')
})

test('the time of a process includes its children and their children, but no others', () => {
  const all = [
    processStatIn(stat(1, 'init', 0, '900 0 0 0')),
    processStatIn(stat(7, 'postgres', 1, '100 0 50 0')),
    processStatIn(stat(8, 'postgres', 7, '10 10 0 0')),
    processStatIn(stat(9, 'worker', 8, '0 5 0 0')),
  ]
  expect(secondsOf(7, all)).toBeCloseTo(1.75)
  expect(() => secondsOf(2, all)).toThrow('process 2')
})

test('this process has memory and uses the processor', () => {
  expect(residentMb(process.pid)).toBeCloseTo(process.memoryUsage.rss() / 1e6, -2)
  const before = processorSeconds(process.pid)
  for (let until = performance.now() + 200; performance.now() < until; );
  expect(processorSeconds(process.pid)).toBeGreaterThan(before)
})
