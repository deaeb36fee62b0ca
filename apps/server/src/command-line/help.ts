import type { Command, Commands } from './command.ts'

/** What `idem --help` prints. */
export function helpOfAll(commands: Commands): string {
  const groups = Map.groupBy(Object.entries(commands), ([, { group }]) => group)
  const width = Math.max(...Object.keys(commands).map((name) => name.length)) + 2
  const lists = [...groups].map(([group, members]) =>
    [`${group}:`, ...members.map(([name, { does }]) => `  ${name.padEnd(width)}${does}`)].join(
      '\n',
    ),
  )
  return [
    'Usage: idem COMMAND [WORDS] [OPTIONS]',
    ...lists,
    '"idem COMMAND --help" shows the words and options of a command. All commands read the settings of\nthe server: the environment, and .env in a checkout or /etc/idem.env beside a service. docs/operating.md\nexplains settings and commands. Exit codes: 0 done, 1 failed, 2 not understood.',
  ].join('\n\n')
}

/** What `idem COMMAND --help` prints. */
export function helpOf(name: string, command: Command): string {
  const { does, details, options = {} } = command
  const shown = Object.entries(options).map(([option, { value, does }]) => ({
    form: `--${option}${value === undefined ? '' : ` ${value}`}`,
    does,
  }))
  const width = Math.max(0, ...shown.map(({ form }) => form.length)) + 2
  return [
    usageOf(name, command),
    `${does.charAt(0).toUpperCase()}${does.slice(1)}.${details === undefined ? '' : `\n${details}`}`,
    ...(shown.length === 0
      ? []
      : [shown.map(({ form, does }) => `  ${form.padEnd(width)}${does}`).join('\n')]),
  ].join('\n\n')
}

export function usageOf(name: string, { words, options = {} }: Command): string {
  const optional = Object.entries(options).map(([option, { value }]) =>
    value === undefined ? `[--${option}]` : `[--${option} ${value}]`,
  )
  return ['Usage: idem', name, ...optional, ...(words === undefined ? [] : [words])].join(' ')
}
