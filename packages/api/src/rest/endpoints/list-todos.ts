import { ListTodosInput, TodoPage } from '@idem/contract/operations'
import { invalidInput, parseInput } from '../../http/parse-input.ts'
import type { Endpoint } from './endpoint.ts'

export const listTodos: Endpoint = {
  method: 'get',
  path: '/todos',
  name: 'listTodos',
  summary: 'List todos',
  description:
    'Newest first. `nextCursor` is null on the last page. A page looks at 50,000 todos at most: with `search` or `show` it may be short, or empty, and not the last.',
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
  // With two values, one would be ignored silently.
  if (repeated.length > 0) {
    throw invalidInput(repeated)
  }
  const { limit, ...others } = Object.fromEntries(query)
  return limit === undefined ? others : { ...others, limit: asNumber(limit) }
}

/** Digits become a number; the schema refuses anything else. */
function asNumber(text: string): unknown {
  return /^\d+$/.test(text) ? Number(text) : text
}
