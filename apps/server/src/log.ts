import { type Level, type Logger, pino } from 'pino'
import { errorForLog } from './error-for-log.ts'
import { lineWriter } from './line-writer.ts'

const standardOutput = 1

/** One JSON object a line, on standard output. */
export function createLog(level: Level | 'silent'): Logger {
  return pino({ level, serializers: { err: errorForLog } }, lineWriter(standardOutput))
}
