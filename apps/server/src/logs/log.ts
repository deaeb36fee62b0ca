import { isatty } from 'node:tty'
import { type Level, type Logger, pino } from 'pino'
import { isColorSupported, prettyFactory } from 'pino-pretty'
import { errorForLog } from './error-for-log.ts'
import { lineWriter } from './line-writer.ts'

const standardOutput = 1

/** Logs to standard output: one JSON object a line, or readable lines on a terminal. */
export function createLog(level: Level | 'silent'): Logger {
  const { write } = lineWriter(standardOutput)
  const destination = isatty(standardOutput)
    ? { write: (line: string) => write(pretty(line)) }
    : { write }
  return pino({ level, serializers: { err: errorForLog } }, destination)
}

const pretty = prettyFactory({
  colorize: isColorSupported,
  singleLine: true,
  translateTime: 'SYS:HH:MM:ss.l',
  // These are the same in every line.
  ignore: 'pid,hostname',
})
