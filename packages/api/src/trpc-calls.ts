import type { IncomingMessage } from 'node:http'
import { RefusalError } from '@idem/contract/refusal'
import { parseJson, readJsonText } from './read-json.ts'
import { todoRouter } from './todo-router.ts'

/** What one request asks for, in tRPC's wire format. */
export type TrpcCalls = {
  readonly batch: boolean
  readonly calls: readonly TrpcCall[]
}

export type TrpcCall = {
  readonly path: string
  readonly procedure: Procedure | undefined
  /** Throws when the request's input was no JSON: each call of a batch is told so. */
  readonly input: () => unknown
}

export type Procedure = (typeof procedures)[keyof typeof procedures]

const { procedures } = todoRouter._def
export const mostCalls = 10

/** Reads path, query and body; refuses what no single call could answer for. */
export async function readCalls(
  request: IncomingMessage,
  path: string,
  query: URLSearchParams,
): Promise<TrpcCalls> {
  const batch = query.get('batch') === '1'
  const paths = batch ? decoded(path).split(',') : [decoded(path)]
  if (paths.length > mostCalls) throw invalid()
  const named = paths.map((path) => ({ path, procedure: procedureAt(path) }))
  const types = new Set(named.flatMap(({ procedure }) => procedure?._def.type ?? []))
  if (types.size > 1) throw invalid()
  const posted = request.method === 'POST'
  const text = posted ? await readJsonText(request) : (query.get('input') ?? '')
  const parse = () => (text === '' && !posted ? undefined : parseJson(text))
  const input = batch ? (at: number) => memberOf(parse(), at) : parse
  return { batch, calls: named.map((call, at) => ({ ...call, input: () => input(at) })) }
}

function procedureAt(path: string): Procedure | undefined {
  return Object.hasOwn(procedures, path) ? procedures[path as keyof typeof procedures] : undefined
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch (cause) {
    throw invalid(cause)
  }
}

function memberOf(inputs: unknown, at: number): unknown {
  if (inputs === undefined) return undefined
  if (typeof inputs !== 'object' || inputs === null || Array.isArray(inputs)) throw invalid()
  return Object.hasOwn(inputs, at) ? inputs[at as keyof typeof inputs] : undefined
}

function invalid(cause?: unknown): RefusalError {
  return new RefusalError('invalid_input', { paths: [''] }, { cause })
}
