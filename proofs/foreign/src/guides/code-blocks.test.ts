import { expect, test } from 'vitest'
import { codeBlocksIn } from './code-blocks.ts'

test('each fenced block has its line, its language and the file that its first line names', () => {
  const page = [
    '# Page',
    '```sh',
    'npm i',
    '```',
    '  ```ts',
    'Text.',
    '```ts',
    '// src/orders.ts',
    'order()',
    '```',
  ].join('\n')
  expect(codeBlocksIn(`${page}\n`)).toEqual([
    { line: 2, language: 'sh', file: undefined, text: 'npm i\n' },
    { line: 7, language: 'ts', file: 'src/orders.ts', text: '// src/orders.ts\norder()\n' },
  ])
})
