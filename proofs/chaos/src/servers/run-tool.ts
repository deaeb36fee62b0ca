import { spawn } from 'node:child_process'
import { once } from 'node:events'

export type ToolSettings = {
  readonly env?: Readonly<Record<string, string>>
  readonly user?: { readonly uid: number; readonly gid: number } | undefined
}

/** Runs a program to its end and returns its standard output; throws with its whole output when it fails. */
export async function runTool(
  command: string,
  args: readonly string[],
  { env = {}, user }: ToolSettings = {},
): Promise<string> {
  const child = spawn(command, args, {
    ...user,
    cwd: '/',
    // English, even on a machine with another language; a caller may choose another one.
    env: { ...process.env, LC_ALL: 'C.UTF-8', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk
  })
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk
  })
  const [code] = await once(child, 'close')
  if (code !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output}${errors}`)
  return output
}
