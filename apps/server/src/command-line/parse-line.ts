import { parseArgs } from 'node:util'
import type { Words } from '../commands/run-command.ts'
import { nearestWord } from '../nearest-word.ts'
import type { Command, Commands } from './command.ts'
import { helpOf, helpOfAll, usageOf } from './help.ts'

type Line =
  | { readonly is: 'help' | 'mistake'; readonly text: string }
  | { readonly is: 'command'; readonly command: Command; readonly given: Words }

/** Reads the line of a person. A mistake is a sentence that names what was probably meant. */
export function parseLine(line: readonly string[], commands: Commands): Line {
  const [name, ...rest] = line
  if (name === undefined) return mistake(helpOfAll(commands))
  if (isHelp(name)) {
    const [about] = rest
    if (about === undefined) return { is: 'help', text: helpOfAll(commands) }
    return parseLine([about, '--help'], commands)
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) return mistake(unknownCommand(name, Object.keys(commands)))
  if (rest.some((word) => word === '--help' || word === '-h')) {
    return { is: 'help', text: helpOf(name, command) }
  }
  return parseWords(name, command, rest)
}

function isHelp(word: string): boolean {
  return word === 'help' || word === '--help' || word === '-h'
}

function parseWords(name: string, command: Command, rest: readonly string[]): Line {
  const known = command.options ?? {}
  const options = Object.fromEntries(
    Object.entries(known).map(([option, { value }]) => [
      option,
      { type: value === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  )
  const { tokens, values, positionals } = parseArgs({
    args: [...rest],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const option = Object.hasOwn(known, token.name) ? known[token.name] : undefined
    if (option === undefined) return mistake(unknownOption(name, token, Object.keys(known)))
    if (option.value !== undefined && (token.value ?? '') === '') {
      return mistake(`Expected ${option.value} after ${token.rawName}. ${usageOf(name, command)}`)
    }
    if (option.value === undefined && token.value !== undefined) {
      return mistake(`${token.rawName} takes no value. ${usageOf(name, command)}`)
    }
  }
  const words = command.words?.split(' ') ?? []
  const least = words.filter((word) => !word.startsWith('[')).length
  if (positionals.length < least || positionals.length > words.length) {
    return mistake(
      `${wrongNumber(least, words.length)}, received ${positionals.length}. ${usageOf(name, command)}`,
    )
  }
  return { is: 'command', command, given: { words: positionals, options: values } }
}

function wrongNumber(least: number, most: number): string {
  if (most === 0) return 'Expected no words'
  return `Expected ${least === most ? least : `${least} to ${most}`} ${most === 1 ? 'word' : 'words'}`
}

function mistake(text: string): Line {
  return { is: 'mistake', text }
}

function unknownCommand(name: string, names: readonly string[]): string {
  return `There is no command ${name}${meant(nearestWord(name, names))} "idem --help" lists all commands.`
}

function unknownOption(
  name: string,
  { rawName, name: option }: { readonly rawName: string; readonly name: string },
  names: readonly string[],
): string {
  const near = nearestWord(option, [...names, 'help'])
  return `There is no option ${rawName} of idem ${name}${meant(near && `--${near}`)} "idem ${name} --help" shows its options.`
}

function meant(word: string | undefined): string {
  return word === undefined ? '.' : `; did you mean ${word}?`
}
