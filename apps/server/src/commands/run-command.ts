import { constants } from 'node:os'
import { type Environment, readEnvironment } from '../environment.ts'
import { explainStartupError } from '../startup/startup-errors.ts'

export type Given = {
  readonly environment: Environment
  /** Aborted when the command is told to stop; the work then ends what it began, and throws. */
  readonly signal: AbortSignal
}

/**
 * Runs a command to its end: the number it returns is the exit code, an error is a
 * sentence and 1. It reads the environment that the server reads. Nothing is cut
 * off by a signal: whatever was started is ended first.
 */
export async function runCommand(work: (given: Given) => Promise<number>): Promise<void> {
  const stopping = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => stopping.abort(name))
  }
  const { signal } = stopping
  let environment: Environment | undefined
  try {
    environment = readEnvironment(process.env)
    process.exitCode = await work({ environment, signal })
  } catch (error) {
    process.exitCode = 1
    if (!signal.aborted) process.stderr.write(`${explainStartupError(error, environment)}\n`)
  }
  // As a shell counts; said nothing, because whoever sent the signal knows.
  if (signal.aborted) process.exitCode = 128 + constants.signals[signal.reason as NodeJS.Signals]
}
