import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { refusalStatus } from '../packages/api/src/http/refusal-status.ts'
import { RefusalCode, RefusalError } from '../packages/contract/src/refusal.ts'
import { startServer } from '../proofs/chaos/src/server-process.ts'
import { temporaryFolder } from '../proofs/chaos/src/temporary-folder.ts'
import { root } from './house.mjs'

const pageOf = (name: string) => readFile(join(root, name), 'utf8')

/** What is pasted, and what the page says is told. */
function pastedIn(page: string) {
  const blocks = page.matchAll(/^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```)?/gms)
  return [...blocks].map(([, commands = '', told = '']) => ({ commands, told }))
}

test('what is pasted from the pages for callers and watchers is told what they say', {
  timeout: 60_000,
}, async () => {
  await using folder = await temporaryFolder()
  await using server = await startServer({ database: { dataDir: folder.path } })
  const pages = ['docs/idempotency.md', 'README.md', 'docs/watching.md']
  const all = (await Promise.all(pages.map(pageOf))).flatMap(pastedIn)
  // Those that start and test everything are run by whoever runs this.
  const pasted = all.filter(({ commands }) => !commands.startsWith('npm '))
  expect(pasted.length).toBeGreaterThan(9)
  for (const { commands, told } of pasted) {
    const here = commands.replaceAll('localhost:3000', new URL(server.url).host)
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', here])
    expect(stdout).toMatch(inThisOrder(told))
  }
  expect(server.output()).toContain('"operation":"createTodo","keyHash":"43220aa06d0c"')
})

test('the page for callers lists every refusal, with its status and its advice', async () => {
  const page = await pageOf('docs/idempotency.md')
  const listed = [...page.matchAll(/^\| `(\w+)` \| (\d+)[^|]*\| `(\w+)` \|/gm)]
  const expected = RefusalCode.options.map((code) => [
    code,
    String(refusalStatus[code]),
    new RefusalError(code).refusal.retry,
  ])
  expect(listed.map(([, ...row]) => row).sort()).toEqual(expected.sort())
})

/** Each line somewhere behind the one before it; `…` is anything, and names of headers are in any case. */
function inThisOrder(lines: string): RegExp {
  const parts = lines.trim().split('\n').map(literally)
  return new RegExp(parts.join('.*'), 'is')
}

function literally(line: string): string {
  return line
    .split('…')
    .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*')
}
