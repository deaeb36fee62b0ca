import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Runs a program to its end and returns its output. @throws Error with its output when it fails */
export async function runTool(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { maxBuffer: 1 << 28 })
  return stdout.trim()
}
