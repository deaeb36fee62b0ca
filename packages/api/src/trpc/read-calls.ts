import type { IncomingMessage } from 'node:http'
import { invalidInput } from '../http/parse-input.ts'
import { parseJson, readJsonText } from '../http/read-body.ts'
import { mostCalls } from '../http/request-class.ts'
import type { TodoRouter } from './todo-router.ts'

/** The calls of one request, in tRPC's wire format. */
export type TrpcCalls = {
  readonly batch: boolean
  readonly calls: readonly TrpcCall[]
}

export type TrpcCall = {
  readonly path: string
  readonly procedure: Procedure | undefined
  /** Throws when the input of the request is not JSON: each call of a batch reports it. */
  readonly input: () => unknown
}

type Procedures = TodoRouter['_def']['procedures']

export type Procedure = Procedures[keyof Procedures]

type Sent = {
  readonly request: IncomingMessage
  readonly path: string
  readonly query: URLSearchParams
}

/** Reads path, query and body; refuses the whole request if no single call can report the error. */
export async function readCalls(
  procedures: Procedures,
  { request, path, query }: Sent,
): Promise<TrpcCalls> {
  const batch = query.get('batch') === '1'
  const paths = batch ? decoded(path).split(',') : [decoded(path)]
  if (paths.length > mostCalls) throw invalidInput([''])
  const named = paths.map((path) => ({ path, procedure: procedureAt(procedures, path) }))
  const type = named.map(typeOf).find((each) => each !== undefined)
  if (named.some((call) => (typeOf(call) ?? type) !== type)) throw invalidInput([''])
  const posted = request.method === 'POST'
  const text = posted ? await readJsonText(request) : (query.get('input') ?? '')
  const parse = () => (text === '' && !posted ? undefined : parseJson(text))
  const input = batch ? (at: number) => memberOf(parse(), at) : parse
  return { batch, calls: named.map((call, at) => ({ ...call, input: () => input(at) })) }
}

function typeOf({ procedure }: Pick<TrpcCall, 'procedure'>) {
  return procedure?._def.type
}

function procedureAt(procedures: Procedures, path: string): Procedure | undefined {
  return Object.hasOwn(procedures, path) ? procedures[path as keyof Procedures] : undefined
}

function decoded(path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch (cause) {
    throw invalidInput([''], { cause })
  }
}

function memberOf(inputs: unknown, at: number): unknown {
  if (inputs === undefined) return undefined
  if (typeof inputs !== 'object' || inputs === null || Array.isArray(inputs)) {
    throw invalidInput([''])
  }
  return Object.hasOwn(inputs, at) ? inputs[at as keyof typeof inputs] : undefined
}
