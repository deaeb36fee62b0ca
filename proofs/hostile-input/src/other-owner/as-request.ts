import type { TestAccount } from '@idem/test-support/accounts'
import type { Sent } from '../send.ts'
import type { NameOf } from './names.ts'
import type { Call, Step } from './step.ts'

type Input = Readonly<Record<string, string | number | boolean | undefined>>

/** The request of a step, with its names from one of the worlds. */
export function asRequest(step: Step, caller: TestAccount, name: NameOf): Sent {
  const [first] = step.calls
  if (first === undefined) throw new Error('Expected at least one call in a step.')
  const request = requestOf(step, first, name)
  return { ...request, headers: [...(request.headers ?? []), ...headersOf(step, caller, name)] }
}

function requestOf({ form, calls }: Step, first: Call, name: NameOf): Sent {
  const input = inputOf(first, name)
  const rest = form === 'REST' ? asRest(first, input) : undefined
  if (rest !== undefined) return rest
  if (form === 'REST' || form === 'single') return asTrpc([first.name], [input])
  const together = compatible(calls, first, name)
  const names = together.map((call) => call.name)
  const inputs = together.map((call) => inputOf(call, name))
  const headers = form === 'stream' ? ['trpc-accept', 'application/jsonl'] : []
  return { ...asTrpc(names, inputs, '?batch=1'), headers }
}

function headersOf({ by, account }: Step, caller: TestAccount, name: NameOf): string[] {
  const accounts = { own: caller.owner, other: name('account', 0), none: undefined }
  const named = accounts[account]
  return [
    ...(by === 'cookie' ? ['cookie', caller.cookie] : ['authorization', `Bearer ${caller.apiKey}`]),
    ...(named === undefined ? [] : ['idem-account', named]),
  ]
}

function inputOf(call: Call, name: NameOf): Input {
  const optional = (kind: Parameters<NameOf>[0], number: number | undefined) =>
    number === undefined ? undefined : name(kind, number)
  switch (call.name) {
    case 'createTodo':
      return {
        title: name('word', call.word),
        id: optional('todo', call.id),
        idempotencyKey: name('key', call.key),
      }
    case 'updateTodo':
      return {
        id: name('todo', call.todo),
        version: call.version,
        title: optional('word', call.word),
        completed: call.completed,
        idempotencyKey: optional('key', call.key),
      }
    case 'deleteTodo':
    case 'restoreTodo':
      return {
        id: name('todo', call.todo),
        version: call.version,
        idempotencyKey: optional('key', call.key),
      }
    case 'getTodo':
      return { id: name('todo', call.todo) }
    case 'listTodos': {
      const { limit, show } = call
      const cursor = optional('cursor', call.cursor)
      return { limit, show, cursor, search: optional('word', call.search) }
    }
    case 'outcomeOf':
    case 'cancel':
      return { idempotencyKey: name('key', call.key) }
    case 'policy':
      return {}
  }
}

function asTrpc(names: readonly string[], inputs: readonly Input[], query = ''): Sent {
  const [name = ''] = names
  const text = JSON.stringify(query === '' ? inputs[0] : { ...inputs })
  const path = `/api/trpc/${names.join(',')}${query}`
  if (!isQuery(name)) return { method: 'POST', path, body: text }
  return { path: `${path}${query === '' ? '?' : '&'}input=${encodeURIComponent(text)}` }
}

/** Undefined where REST does not have the call. */
function asRest({ name }: Call, { id, idempotencyKey, version, ...others }: Input) {
  const headers = [
    ...(idempotencyKey === undefined ? [] : ['idempotency-key', String(idempotencyKey)]),
    ...(version === undefined ? [] : ['if-match', `"${version}"`]),
  ]
  switch (name) {
    case 'createTodo':
      return { path: '/todos', headers, body: JSON.stringify({ id, ...others }) }
    case 'updateTodo': {
      const { title = 'Buy milk', completed = true } = others
      const body = JSON.stringify({ title, completed })
      return { method: 'PUT', path: `/todos/${id}`, headers, body }
    }
    case 'deleteTodo':
      return { method: 'DELETE', path: `/todos/${id}`, headers }
    case 'getTodo':
      return { path: `/todos/${id}` }
    case 'listTodos':
      return { path: `/todos?${queryOf(others)}` }
    case 'outcomeOf':
    case 'cancel': {
      const method = name === 'cancel' ? 'DELETE' : 'GET'
      return { method, path: `/outcomes/${idempotencyKey}` }
    }
    case 'restoreTodo':
    case 'policy':
      return undefined
  }
}

function queryOf(input: Input): URLSearchParams {
  const given = Object.entries(input).filter(([, value]) => value !== undefined)
  return new URLSearchParams(given.map(([member, value]) => [member, String(value)]))
}

/**
 * The calls of a batch run at the same time, so two of one todo or key would race. Ids that the server
 * mints in one millisecond have any order.
 */
function compatible(calls: readonly Call[], first: Call, name: NameOf): Call[] {
  const used = new Set<string>()
  return calls.filter((call) => {
    if (isQuery(call.name) !== isQuery(first.name)) return false
    if (isQuery(call.name)) return true
    const { id = 'minted', idempotencyKey } = inputOf(call, name)
    const names = [id, idempotencyKey].flatMap((each) => (each === undefined ? [] : String(each)))
    if (call.name === 'cancel') names.shift()
    const isFree = names.every((each) => !used.has(each))
    for (const each of names) used.add(each)
    return isFree
  })
}

function isQuery(name: string): boolean {
  return ['getTodo', 'listTodos', 'outcomeOf', 'policy'].includes(name)
}
