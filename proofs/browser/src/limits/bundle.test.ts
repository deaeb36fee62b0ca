import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const dist = fileURLToPath(new URL('../../../../apps/web/dist/', import.meta.url))
const built = join(dist, '_next/static')

test('the bundle contains the text of the page', () => {
  const text = scripts()
    .map((script) => script.text)
    .join('\n')
  for (const word of ['createTodo', 'idempotencyKey', 'outcomes', 'New todo']) {
    expect(text).toContain(word)
  }
})

test.each([
  ['settings', 'DATABASE_URL'],
  ['settings', 'IDEM_DATA_DIR'],
  ['pg', 'SCRAM'],
  ['pg', 'postgresql://'],
  ['Prisma', 'PrismaClient'],
  ['Prisma', 'queryRaw'],
  ['the domain', 'createManyAndReturn'],
  ['doing things once', 'idempotency_record'],
  ['doing things once', 'fingerprint'],
  ['SQL', 'owner_id'],
  ['SQL', 'on conflict do nothing'],
  ['the embedded database', 'initdb'],
  ['tRPC on the server', 'INTERNAL_SERVER_ERROR'],
  ['Node', '"node:'],
])('the bundle contains no server code: of %s, no %s', (_, word) => {
  const holding = scripts().filter(({ text }) => text.includes(word))
  expect(holding.map(({ name }) => name)).toEqual([])
})

// Random by default: two instances that built the same source would serve two releases.
test('the build has no random name', () => {
  expect(readdirSync(built).sort()).toEqual(['build', 'chunks'])
})

// Its paths are relative, so that it works below a path of a host.
test('every page is directly below the address of the installation', () => {
  const names = readdirSync(dist, { recursive: true, encoding: 'utf8' })
  expect(names.filter((name) => /[/].*[.]html$/.test(name))).toEqual([])
})

function scripts(): { name: string; text: string }[] {
  return readdirSync(built, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => ({ name, text: readFileSync(join(built, name), 'utf8') }))
}
