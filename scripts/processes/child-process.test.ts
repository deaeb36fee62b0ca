import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'

const here = (file: string) => JSON.stringify(new URL(file, import.meta.url).href)

/** A script that starts programs as `npm start` does. `line` waits for the next line of its output. */
function script(body: string) {
  const text = `import { exitCode, runTool, startOnTerminal } from ${here('child-process.mjs')}
    import { runMain } from ${here('user-error.mjs')}
    await runMain(async () => { ${body} })`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', text])
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  return {
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    line: async () => (await lines.next()).value,
    ended: once(child, 'exit'),
  }
}

/** Runs a program in Node on the terminal and ends with its exit code. */
const opening = `return exitCode(startOnTerminal(process.execPath,
  ['--eval', "console.log('up'); setInterval(() => {}, 1000)"]))`

test('the script exits with 128 plus the signal number when a signal ends its program', async () => {
  const run = script(opening)
  expect(await run.line()).toBe('up')
  run.kill('SIGTERM')
  expect(await run.ended).toEqual([143, null])
})

test('a script that stops at SIGTERM also ends the processes that its tools started', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'idem-children-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'alive')
  const grandchild = `(while :; do echo alive >> ${file}; sleep 0.02; done) & echo up >&2; wait`
  const run = script(`await runTool('sh', ['-c', ${JSON.stringify(grandchild)}], { sentence: '' })`)
  const size = () => statSync(file, { throwIfNoEntry: false })?.size ?? 0
  await expect.poll(size).toBeGreaterThan(0)
  run.kill('SIGTERM')
  expect(await run.ended).toEqual([143, null])
  const atTheEnd = size()
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(size()).toBe(atTheEnd)
})

test('a tool that fails gives a UserError with its output and the sentence', async () => {
  const run = script(`await runTool('sh', ['-c', 'echo broken; exit 3'], { sentence: 'Fix it.' })
    .catch((error) => console.log(JSON.stringify([error.name, error.message])))`)
  expect(await run.line()).toBe('["UserError","broken\\n\\nFix it."]')
})
