import type { IncomingMessage } from 'node:http'
import type { IdempotencyKey } from '@idem/contract/idempotency-key'
import type { RefusalCode } from '@idem/contract/refusal'
import type { z } from 'zod'
import type { Context } from '../../http/context.ts'

/** One endpoint of the REST API: the same object is served and documented, so neither is forgotten. */
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
  readonly run: (call: Call) => Promise<Answer>
}

/** One request whose size, type and caller are checked; the endpoint checks its shape. */
export type Call = Context & {
  readonly headers: IncomingMessage['headers']
  /** From the path, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly key: IdempotencyKey | undefined
  readonly requireKey: boolean
  /** The body as received; throws when it is not JSON. */
  readonly json: () => unknown
}

export type Answer = {
  /** JSON, sent unchanged. */
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Whether an earlier attempt with this key had the effect. */
  readonly replayed?: boolean
}
