import { spawn } from 'node:child_process'
import { once } from 'node:events'

type Settings = {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** Runs a program to its end and returns its output. @throws Error with the output when it fails */
export async function runTool(
  command: string,
  args: readonly string[],
  { cwd, env = {} }: Settings,
): Promise<string> {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk
    })
  }
  const [code] = await once(child, 'close')
  if (code === 0) return output
  throw new Error(`${command} ${args.join(' ')} exited with ${code}:\n${output}`)
}
