import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const read = (folder: string) =>
  globSync('**/*.sql', { cwd: fileURLToPath(new URL(folder, import.meta.url)) })
    .sort()
    .flatMap((name) =>
      statementsOf(readFileSync(new URL(`${folder}/${name}`, import.meta.url), 'utf8')),
    )

function statementsOf(sql: string): string[] {
  return sql
    .replaceAll(/^--.*$/gm, '')
    .split(';')
    .map((statement) => statement.trim().replaceAll('idem.', ''))
    .filter((statement) => statement !== '')
}

test("the tables are created by the same statements as the app's own, in the same order", () => {
  const ofApp = read('../../../../prisma/migrations').filter((statement) =>
    /\b(idempotency_record|installation)\b/.test(statement),
  )
  expect(ofApp.length).toBeGreaterThan(4)
  expect(read('../../sql')).toEqual(ofApp)
})
