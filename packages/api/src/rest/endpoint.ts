import type { IncomingMessage } from 'node:http'
import { type MutationInput, type MutationName, mutations } from '@idem/contract/operations'
import { type RefusalCode, RefusalError } from '@idem/contract/refusal'
import { type Answer, IdempotencyError } from '@idem/idempotency'
import type { Mutations } from '@idem/operations/run-mutation'
import type { z } from 'zod'
import type { Context } from '../http/call.ts'
import { invalidInput, parseInput } from '../http/parse-input.ts'

/** A row of REST's table: the same object is served and documented, so neither is forgotten. */
export type Endpoint = {
  readonly method: 'get' | 'post' | 'put' | 'delete'
  /** In OpenAPI form: `/todos/{id}`. */
  readonly path: string
  readonly name: string
  readonly summary: string
  readonly description: string
  /** Whether it honours `Idempotency-Key`. */
  readonly keyed: boolean
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  readonly ifMatch?: 'needed' | 'optional'
  readonly success: {
    readonly status: 200 | 201 | 204
    readonly description: string
    readonly body?: z.ZodType
    readonly headers?: readonly ('ETag' | 'Location')[]
  }
  /** In addition to those of every endpoint. */
  readonly refusals: readonly RefusalCode[]
  readonly run: (call: RestCall) => Promise<Answer<unknown>>
}

/** One request whose size, type and caller are checked; the endpoint checks its shape. */
export type RestCall = Context & {
  readonly headers: IncomingMessage['headers']
  /** From the path, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly key: string | undefined
  /** Whether a create without a key is refused. */
  readonly requireKey: boolean
  /** The body as received; throws when it is not JSON. */
  readonly json: () => unknown
}

/**
 * The endpoint of a mutation. Its input consists of the parameters of the path, the version of `If-Match`
 * and the body, and so is the one of tRPC: one key sent over both APIs is one intent.
 */
export function mutation<Name extends MutationName>(
  name: Name,
  row: Omit<Endpoint, 'name' | 'keyed' | 'run'>,
): Endpoint {
  return {
    name,
    keyed: true,
    ...row,

    async run({ operations, caller, params, headers, key, requireKey, json }) {
      if (row.method === 'post' && requireKey && key === undefined) {
        throw new IdempotencyError('key_missing')
      }
      const body = row.body && json()
      if (row.body) parseInput(row.body, body)
      const version = row.ifMatch && versionToMatch(headers)
      if (row.ifMatch === 'needed' && version === undefined) {
        // Nothing is claimed or stored: a read decides which refusal it is.
        await operations.getTodo(caller, { id: String(params.id) })
        throw new RefusalError('version_missing')
      }
      const arrived = { ...params, ...(version && { version }), ...Object(body) }
      // TypeScript widens the schema of one name to those of all.
      const input = parseInput(mutations[name].input, arrived) as MutationInput<Name>
      const run: Mutations[Name] = operations[name]
      return run(caller, { key, input, arrived })
    },
  }
}

/** The version that `If-Match` names; undefined without the header. It must be one strong ETag in the form of this API. */
function versionToMatch(headers: IncomingMessage['headers']): number | undefined {
  const header = headers['if-match']
  if (header === undefined) return undefined
  // Node joins several of these headers with a comma, which is not such an ETag either.
  const [, digits] = /^"([1-9]\d*)"$/.exec(header) ?? []
  const version = Number(digits)
  if (version <= highestVersion) return version
  throw invalidInput(['If-Match'])
}

/** The largest PostgreSQL integer; no todo has a higher version, and a query for one fails. */
const highestVersion = 2_147_483_647
