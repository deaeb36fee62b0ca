import { ListTodosInput, TodoPage } from '@idem/contract/operations'
import { RefusalError } from '@idem/contract/refusal'
import type { Endpoint } from './endpoint.ts'
import { parseInput } from './parse-input.ts'

export const listTodos: Endpoint = {
  method: 'get',
  path: '/todos',
  name: 'listTodos',
  summary: 'List todos',
  description: 'Newest first. `nextCursor` is null on the last page.',
  keyed: false,
  query: ListTodosInput,
  success: { status: 200, description: 'One page.', body: TodoPage },
  refusals: [],

  async run({ operations, caller, query }) {
    const input = parseInput(ListTodosInput, inputOf(query))
    return { text: JSON.stringify(await operations.listTodos(caller, input)) }
  },
}

function inputOf(query: URLSearchParams): unknown {
  const names = [...query.keys()]
  const repeated = names.filter((name, at) => names.indexOf(name) !== at)
  // Of two values one would be dropped without a word.
  if (repeated.length > 0) {
    throw new RefusalError('invalid_input', { paths: [...new Set(repeated)] })
  }
  const { limit, ...others } = Object.fromEntries(query)
  return limit === undefined ? others : { ...others, limit: asNumber(limit) }
}

/** Digits as the number they are; anything else as it is, for the schema to refuse. */
function asNumber(text: string): unknown {
  return /^\d+$/.test(text) ? Number(text) : text
}
