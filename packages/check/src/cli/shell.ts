import { exec, spawn } from 'node:child_process'
import { promisify } from 'node:util'

const killMs = 10_000

/** Resolves when the command has ended. */
export function shell(command: string): () => Promise<void> {
  return async () => {
    await promisify(exec)(command, { timeout: killMs })
  }
}

/** A server stays: the command is started and left running. */
export function shellThatStays(command: string): () => Promise<void> {
  return async () => {
    spawn(command, { shell: true, detached: true, stdio: 'ignore' }).unref()
  }
}
