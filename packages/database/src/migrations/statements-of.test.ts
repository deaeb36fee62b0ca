import { readFile } from 'node:fs/promises'
import { parse } from 'libpg-query'
import { expect, test } from 'vitest'
import { knownMigrations } from './migrate.ts'
import { statementsOf } from './statements-of.ts'

test.for([
  ['alter table a add b int; alter table c add d int;\n', 2],
  ["-- one; two\nselect ';' as \";\" /* ; */; select E'\\';'", 2],
  ["select $$ ; ' $$; select $body$ $$;$$ $body$; select 'it''s;'", 3],
  [' ;; -- nothing\n', 0],
] as const)('%s has its statements', ([sql, count]) => {
  const statements = statementsOf(sql)
  expect(statements).toHaveLength(count)
  expect(statements.join('')).not.toContain('--')
})

test('each migration has the statements that PostgreSQL finds', async () => {
  for (const name of await knownMigrations()) {
    const path = `../../../../prisma/migrations/${name}/migration.sql`
    const sql = await readFile(new URL(path, import.meta.url), 'utf8')
    const statements = statementsOf(sql)
    const { stmts } = await parse(sql)
    expect(statements).toHaveLength(stmts?.length ?? 0)
    for (const statement of statements) expect((await parse(statement)).stmts).toHaveLength(1)
  }
})
