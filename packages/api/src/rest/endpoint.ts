import type { IncomingMessage } from 'node:http'
import type { IdempotencyKey } from '@idem/contract/idempotency-key'
import type { RefusalCode } from '@idem/contract/refusal'
import type { z } from 'zod'
import type { Context } from '../procedures.ts'

/** One call of the REST face: what is served and what is documented, so that neither can be forgotten for the other. */
export type Endpoint = {
  readonly method: 'get' | 'post' | 'put' | 'delete'
  /** As OpenAPI writes it: `/todos/{id}`. */
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
  /** Beyond those that any call may meet. */
  readonly refusals: readonly RefusalCode[]
  readonly run: (call: Call) => Promise<Answer>
}

/** One request, its size, type and caller judged already; its shape is for the endpoint to judge. */
export type Call = Context & {
  readonly headers: IncomingMessage['headers']
  /** From the path, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly key: IdempotencyKey | undefined
  readonly requireKey: boolean
  /** The body as it arrived; throws when it is no JSON. */
  readonly json: () => unknown
}

export type Answer = {
  /** JSON, to be sent as it is. */
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Told before, to an earlier attempt with this key. */
  readonly replayed?: boolean
}
