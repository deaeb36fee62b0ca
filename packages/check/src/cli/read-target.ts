import { parseArgs } from 'node:util'
import type { Header } from '../http/request.ts'
import { UsageError } from '../lab/usage-error.ts'
import { type ProfileName, profiles } from '../profiles.ts'
import type { KeyPlace, Target } from '../target.ts'
import { expectAllowed } from './allowed-host.ts'
import { countByCommand, countByRequest, unescaped } from './counts.ts'
import { shell, shellThatStays } from './shell.ts'

const text = { type: 'string' } as const

const options = {
  also: text,
  'as-other-user': { type: 'string', multiple: true },
  'bad-body': text,
  body: text,
  count: text,
  'count-command': text,
  header: { type: 'string', multiple: true },
  help: { type: 'boolean' },
  'i-own-this': { type: 'string', multiple: true, default: [] as string[] },
  json: { type: 'boolean' },
  'key-header': text,
  'key-in': text,
  kill: text,
  method: { type: 'string', default: 'POST' },
  'other-body': text,
  'other-method': text,
  'other-path': text,
  patience: text,
  profile: { type: 'string', default: 'ietf' },
  rate: text,
  retention: text,
  start: text,
  trpc: { type: 'boolean' },
} as const

export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'check'; readonly target: Target; readonly json: boolean }

/** What the command line says. Throws `UsageError` with a sentence for the person. */
export function readCommand(args: readonly string[]): Command {
  const { values, positionals } = read(args)
  if (values.help) return { kind: 'help' }
  const [address, ...others] = positionals
  if (address === undefined || others.length > 0) {
    throw new UsageError('Expected the URL of one endpoint. --help lists the options.')
  }
  const url = urlOf(address)
  const also = values.also === undefined ? undefined : urlOf(values.also)
  for (const each of [url, also]) if (each) expectAllowed(each, values['i-own-this'])

  const { body } = values
  const headers = withContentType(headersOf(values.header), body)
  const otherUser = values['as-other-user']
  const target: Target = {
    url,
    also,
    method: methodOf('--method', values.method),
    headers,
    body: values.trpc ? (body ?? '{}') : body,
    keyIn: keyPlaceOf(values),
    profile: profileOf(values.profile),
    count: countOf(values, url, headers),
    badBody: values['bad-body'],
    otherBody: values['other-body'],
    otherPath: values['other-path'],
    otherMethod: values['other-method'] && methodOf('--other-method', values['other-method']),
    otherUser: otherUser && replaced(headers, headersOf(otherUser)),
    kill: values.kill === undefined ? undefined : shell(values.kill),
    start: values.start === undefined ? undefined : shellThatStays(values.start),
    retentionSeconds: numberOf('--retention', values.retention),
    patienceSeconds: numberOf('--patience', values.patience),
    rate: numberOf('--rate', values.rate),
  }
  return { kind: 'check', target, json: values.json ?? false }
}

type Values = ReturnType<typeof read>['values']

function read(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : `${error}`)
  }
}

function urlOf(address: string): URL {
  const url = URL.parse(address)
  if (url && /^https?:$/.test(url.protocol)) return url
  throw new UsageError(`Expected a URL with http: or https:, but got ${address}.`)
}

/** Nothing is deleted by a check. */
function methodOf(option: string, method: string): string {
  if (/^(POST|PUT|PATCH)$/i.test(method)) return method.toUpperCase()
  throw new UsageError(`${option} takes POST, PUT or PATCH, but got ${method}.`)
}

function profileOf(name: string): ProfileName {
  if (Object.hasOwn(profiles, name)) return name as ProfileName
  throw new UsageError(`--profile takes ${Object.keys(profiles).join(', ')}, but got ${name}.`)
}

function keyPlaceOf(values: Values): KeyPlace {
  const inBody = values['key-in'] ?? (values.trpc ? 'body#idempotencyKey' : undefined)
  if (inBody === undefined) return { in: 'header', name: values['key-header'] ?? 'Idempotency-Key' }
  const [, pointer] = /^body#\/?(.+)$/.exec(inBody) ?? []
  if (pointer === undefined) {
    throw new UsageError(
      `--key-in takes body#member, but got ${inBody}. For a header use --key-header.`,
    )
  }
  return { in: 'body', pointer: pointer.split('/').map(unescaped) }
}

function countOf(values: Values, url: URL, headers: readonly Header[]): Target['count'] {
  const command = values['count-command']
  if (command !== undefined) return countByCommand(command)
  return values.count === undefined ? undefined : countByRequest(values.count, url, headers)
}

function headersOf(lines: readonly string[] = []): Header[] {
  return lines.map((line) => {
    const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? []
    if (name !== undefined && value !== undefined) return [name, value]
    throw new UsageError(`A header is written 'Name: value', but got ${line}.`)
  })
}

function withContentType(headers: readonly Header[], body: string | undefined): Header[] {
  const isNamed = headers.some(([name]) => name.toLowerCase() === 'content-type')
  return body === undefined || isNamed
    ? [...headers]
    : [['Content-Type', 'application/json'], ...headers]
}

function replaced(headers: readonly Header[], others: readonly Header[]): Header[] {
  const names = new Set(others.map(([name]) => name.toLowerCase()))
  return [...headers.filter(([name]) => !names.has(name.toLowerCase())), ...others]
}

function numberOf(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const number = Number(value)
  if (number > 0 && Number.isFinite(number)) return number
  throw new UsageError(`${option} takes a number greater than 0, but got ${value}.`)
}
