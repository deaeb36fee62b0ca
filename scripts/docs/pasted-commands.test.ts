import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { refusedWith } from '../../packages/api/src/http/refused.ts'
import { RefusalCode } from '../../packages/contract/src/refusal.ts'
import { startServer } from '../../proofs/test-support/src/server-process.ts'
import { temporaryFolder } from '../../proofs/test-support/src/temporary-folder.ts'
import { root } from '../workspace.mjs'

const pageOf = (name: string) => readFile(join(root, name), 'utf8')

/** The commands of a page with the output that the page shows for each. */
function pastedIn(page: string) {
  const blocks = page.matchAll(/^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```)?/gms)
  return [...blocks].map(([, commands = '', output = '']) => ({ commands, output }))
}

test('the commands of README, idempotency.md and monitoring.md print the output that the page shows', {
  timeout: 60_000,
}, async () => {
  await using folder = await temporaryFolder()
  await using server = await startServer({ database: { dataDir: folder.path } })
  const pages = ['docs/idempotency.md', 'README.md', 'docs/monitoring.md']
  const all = (await Promise.all(pages.map(pageOf))).flatMap(pastedIn)
  // The npm commands start and test everything; this test is part of them.
  const pasted = all.filter(({ commands }) => !commands.startsWith('npm '))
  expect(pasted.length).toBeGreaterThan(9)
  for (const { commands, output } of pasted) {
    const here = commands.replaceAll('localhost:3000', new URL(server.url).host)
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', here])
    expect(stdout).toMatch(inThisOrder(output))
  }
  expect(server.output()).toContain('"operation":"createTodo","keyHash":"43220aa06d0c"')
})

test('docs/idempotency.md lists every refusal with its status and retry advice', async () => {
  const page = await pageOf('docs/idempotency.md')
  const listed = [...page.matchAll(/^\| `(\w+)` \| (\d+)[^|]*\| `(\w+)` \|/gm)]
  const expected = RefusalCode.options.map((code) => {
    const { status, refusal } = refusedWith(code)
    return [code, String(status), refusal.retry]
  })
  expect(listed.map(([, ...row]) => row).sort()).toEqual(expected.sort())
})

/** Matches each line somewhere behind the line before it, in any case; `…` matches anything. */
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
