import { expect, test } from 'vitest'
import { commandsIn } from './docs-commands.ts'

test('executable blocks are found with their line and language, others are ignored', () => {
  const page = [
    '# Page',
    '```sh',
    'npm start # comment',
    'npm run backup',
    '```',
    'Text with ```sh in it, and',
    '```ts',
    'code()',
    '```',
    '```sql',
    'select 1;',
    '```',
    '',
  ].join('\n')
  expect(commandsIn(page)).toEqual([
    { line: 2, language: 'sh', text: 'npm start # comment\nnpm run backup\n' },
    { line: 10, language: 'sql', text: 'select 1;\n' },
  ])
})
