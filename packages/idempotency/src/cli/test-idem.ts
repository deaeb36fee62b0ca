import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('./idem.ts', import.meta.url))

export type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** Runs the command as a person would, in that folder. */
export function idem(args: readonly string[], env: Env = {}, cwd = '/'): Promise<Ended> {
  return new Promise((resolve) => {
    const all = [bin, ...args]
    execFile(process.execPath, all, { env: { ...env }, cwd }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    )
  })
}

type Env = Readonly<Record<string, string>>
