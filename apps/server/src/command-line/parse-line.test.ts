import { expect, test } from 'vitest'
import { commands } from './commands.ts'
import { parseLine } from './parse-line.ts'

test.for([
  ['bakcup', 'backup'],
  ['helath', 'health'],
  ['reset', 'reset-password'],
  ['apikey', 'api-key'],
] as const)('the mistaken command %s is refused with the nearest one, %s', ([given, meant]) => {
  expect(parseLine([given], commands)).toMatchObject({
    is: 'mistake',
    text: expect.stringContaining(`did you mean ${meant}?`),
  })
})

test('a word that resembles no command is refused without a guess', () => {
  const line = parseLine(['constructor'], commands)
  expect(line).toMatchObject({ is: 'mistake', text: expect.not.stringContaining('did you mean') })
})

test.for([
  [['sessions', '--edn', 'a@b'], '--end'],
  [['api-keys', '--confrim=x'], '--confirm'],
  [['api-keys', '--confirm=x'], 'takes no value'],
  [['sessions', '--end'], 'Expected EMAIL'],
  [['restore'], 'Expected 1 word, received 0'],
  [['backup', 'a', 'b'], 'Expected 0 to 1 word, received 2'],
  [['accounts', 'ann'], 'Expected no words, received 1'],
] as const)('%j is refused before anything is done', ([line, reason]) => {
  expect(parseLine(line, commands)).toMatchObject({
    is: 'mistake',
    text: expect.stringContaining(reason),
  })
})

test('words and options reach the command in any order, and words after -- are words', () => {
  expect(parseLine(['api-keys', 'one', '--confirm'], commands)).toMatchObject({
    is: 'command',
    given: { words: ['one'], options: { confirm: true } },
  })
  expect(parseLine(['restore', '--', '--odd.backup'], commands)).toMatchObject({
    given: { words: ['--odd.backup'] },
  })
})

test.for(['--help', 'help', 'backup x --help', 'help backup'])(
  'idem %s prints help and runs nothing',
  (line) => {
    expect(parseLine(line.split(' '), commands)).toMatchObject({ is: 'help' })
  },
)
