import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { failedBatchLogger } from './failed-batch-logger.ts'

test('a failed batch is logged with its size, at most once a second for each SQLSTATE', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  const lines: string[] = []
  const log = failedBatchLogger(pino({ base: null }, { write: (line) => lines.push(line) }))
  const failed = { operation: 'createTodo', size: 64, sqlState: '22009' }
  for (const each of [failed, { ...failed, size: 32 }, { ...failed, sqlState: '55P03' }]) log(each)
  vi.advanceTimersByTime(1_000)
  log({ ...failed, size: 16 })
  vi.useRealTimers()
  const logged = lines.map((line) => JSON.parse(line))
  expect(logged.map(({ size, sqlState }) => [size, sqlState])).toEqual([
    [64, '22009'],
    [64, '55P03'],
    [16, '22009'],
  ])
  expect(logged[0]).toMatchObject({ level: 40, operation: 'createTodo', msg: 'batch failed' })
})
