import { isatty } from 'node:tty'
import { type Level, type Logger, pino } from 'pino'
import { isColorSupported, prettyFactory } from 'pino-pretty'
import { errorForLog } from './error-for-log.ts'
import { lineWriter } from './line-writer.ts'

const standardOutput = 1

/** On standard output: one JSON object a line, or lines for people where that is a terminal. */
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
  // The same in every line of one terminal.
  ignore: 'pid,hostname',
})
