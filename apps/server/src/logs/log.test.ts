import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'

const module = new URL('./log.ts', import.meta.url).href
const script = `const { createLog } = await import(${JSON.stringify(module)})
  const log = createLog('info')
  log.info({ outcome: 'executed', operation: 'createTodo', ms: 3.1 }, 'attempt')
  log.debug('not at this level')
  log.error({ err: new Error('Failing row contains (Buy milk).') }, 'unexpected error')
  process.exit(0)`
const words = ['--input-type=module', '--eval', script]

async function outputOf(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  expect(await once(child, 'close')).toEqual([0, null])
  return output
}

test('each line of the log in a pipe is one JSON object', async () => {
  const lines = (await outputOf(process.execPath, words)).trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({ level: 30, msg: 'attempt', operation: 'createTodo', ms: 3.1 }),
    expect.objectContaining({ level: 50, msg: 'unexpected error' }),
  ])
})

test('the log on a terminal is human-readable and contains no more than in a pipe', async () => {
  const quoted = [process.execPath, ...words].map((word) => `'${word.replaceAll("'", `'\\''`)}'`)
  // util-linux: runs the command on a terminal of its own.
  const output = await outputOf('script', ['-qec', quoted.join(' '), '/dev/null'])
  // biome-ignore lint/suspicious/noControlCharactersInRegex: The colours of a terminal.
  const text = output.replace(/\u001b\[\d+m/g, '')
  const [first, second] = text.split('\r\n')
  expect(first).toMatch(
    /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: attempt {"outcome":"executed","operation":"createTodo","ms":3\.1}$/,
  )
  expect(second).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] ERROR: unexpected error/)
  expect(text).not.toContain('milk')
  expect(text).not.toContain('{"level"')
  expect(text).not.toContain('not at this level')
})
