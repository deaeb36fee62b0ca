import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'

const module = new URL('./line-writer.ts', import.meta.url).href

/** A process that writes lines to a pipe, by a script that has `line(text)`. */
function writing(script: string) {
  const head = `const { write } = (await import('${module}')).lineWriter(1); const line = (text) => write(text + '\\n');`
  return spawn(process.execPath, ['--input-type=module', '-e', head + script], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
}

async function linesOf(child: ReturnType<typeof writing>): Promise<string[]> {
  let text = ''
  for await (const chunk of child.stdout ?? []) text += chunk
  return text.split('\n').slice(0, -1)
}

const numbers = (count: number) => Array.from({ length: count }, (_, at) => `line ${at}`)

test('every line arrives complete and in order, also when the process exits immediately', async () => {
  const script = 'for (let at = 0; at < 5000; at += 1) line("line " + at); process.exit(0)'
  expect(await linesOf(writing(script))).toEqual(numbers(5_000))
})

test('lines of many event loop turns arrive in order, and the process exits when all are written', async () => {
  const script = `for (let at = 0; at < 20000; at += 1) {
    line("line " + at); if (at % 50 === 0) await new Promise(setImmediate) }
    process.disconnect()`
  const lines = await linesOf(writing(script))
  expect(lines).toEqual(numbers(20_000))
})

test('the lines of ten milliseconds are one write', async () => {
  const script = `const { default: fs } = await import('node:fs'); const original = fs.write; let writes = 0
    fs.write = (...given) => { writes += 1; original(...given) };
    (await import('node:module')).syncBuiltinESMExports(); const begun = performance.now()
    for (let at = 0; at < 100; at += 1) { line("line " + at); await new Promise((next) => setTimeout(next, 1)) }
    const tookMs = performance.now() - begun
    setTimeout(() => { process.send({ writes, tookMs }); process.disconnect() }, 100)`
  const child = writing(script)
  const [[{ writes, tookMs }], lines] = await Promise.all([once(child, 'message'), linesOf(child)])
  expect(lines).toEqual(numbers(100))
  // At least one, or something else was counted.
  expect(writes).toBeGreaterThan(0)
  expect(writes).toBeLessThan(tookMs / 10 + 2)
})

test('a stalled reader blocks nothing and gets every line when it resumes', async () => {
  // More than any pipe holds.
  const script = `for (let at = 0; at < 2000; at += 1) {
      line("x".repeat(1000)); if (at % 50 === 0) await new Promise(setImmediate) }
    process.send('worked on'); process.on('message', () => setTimeout(() => process.exit(0), 1000))`
  const child = writing(script)
  expect(await once(child, 'message')).toContain('worked on')
  const lines = linesOf(child)
  child.send('end')
  expect(await lines).toHaveLength(2_000)
})

test('a closed reader does not end the process', async () => {
  const child = writing(`process.on('message', async () => {
    for (let at = 0; at < 100; at += 1) { line('x'); await new Promise(setImmediate) }
    process.send('still here'); process.exit(0) })`)
  child.stdout?.destroy()
  child.send('write')
  expect(await once(child, 'message')).toContain('still here')
})
