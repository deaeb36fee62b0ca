import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const program = fileURLToPath(new URL('../../../../apps/server/src/idem.ts', import.meta.url))

/** Runs `idem` on a database; its exit code may be 1, for example when the doctor finds a problem. */
export async function idemCommand(url: string, ...args: string[]): Promise<string> {
  const env = { PATH: process.env.PATH, DATABASE_URL: url }
  try {
    return (await promisify(execFile)(process.execPath, [program, ...args], { env })).stdout
  } catch (error) {
    const { code, stdout } = error as { code: unknown; stdout: string }
    if (code === 1 && stdout !== '') return stdout
    throw error
  }
}
