import { constants } from 'node:os'
import { resolve } from 'node:path'
import { type Environment, readEnvironment } from '../environment.ts'
import { explainStartupError } from '../startup/startup-errors.ts'

/** The words and options of a command's line, as many as its description allows. */
export type Words = {
  readonly words: readonly string[]
  readonly options: Readonly<Record<string, string | boolean | undefined>>
}

export type Given = Words & {
  readonly environment: Environment
  /** Aborts when a signal stops the command; the work then cleans up and throws. */
  readonly signal: AbortSignal
}

/** The work of a command; returns its exit code. */
export type Work = (given: Given) => Promise<number>

/** Runs a command, which reads the same environment as the server. */
export function runCommand(work: Work, words: Words): Promise<void> {
  return endWithCode(async (signal) => {
    const environment = readEnvironment(process.env)
    return await work({ ...words, environment, signal }).catch((error: unknown) => {
      throw new Error(explainStartupError(error, environment), { cause: error })
    })
  })
}

/**
 * Runs some work to its end: its return value is the exit code; an error is printed and exits with 1. A
 * signal does not cut it off: it first stops everything that it started.
 */
export async function endWithCode(work: (signal: AbortSignal) => Promise<number>): Promise<void> {
  const stopping = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => stopping.abort(name))
  }
  const { signal } = stopping
  try {
    process.exitCode = await work(signal)
  } catch (error) {
    process.exitCode = 1
    if (!signal.aborted) {
      process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    }
  }
  // The exit code of a shell. Nothing is printed: the sender of the signal knows.
  if (signal.aborted) process.exitCode = 128 + constants.signals[signal.reason as NodeJS.Signals]
}

/** The file of an argument. npm runs scripts in the folder of the package, and the caller means its own. */
export function fileOfCaller(name: string): string {
  return resolve(process.env.INIT_CWD ?? process.cwd(), name)
}
