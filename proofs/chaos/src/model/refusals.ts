import type { Todo } from '@idem/contract/todo'
import type { Api } from './call.ts'

/** The refusals that a sequence can get: the advice, and the status on each API. */
const table = {
  key_missing: ['never', { trpc: 400, rest: 400 }],
  not_found: ['never', { trpc: 404, rest: 404 }],
  cancelled: ['never', { trpc: 409, rest: 409 }],
  version_conflict: ['ask_person', { trpc: 409, rest: 412 }],
  version_missing: ['never', { trpc: 428, rest: 428 }],
  id_taken: ['never', { trpc: 409, rest: 409 }],
  key_expired: ['new_key', { trpc: 412, rest: 412 }],
  in_flight: ['same_key', { trpc: 409, rest: 409 }],
  key_from_future: ['new_key', { trpc: 412, rest: 412 }],
  key_reused: ['never', { trpc: 422, rest: 422 }],
} as const

type Code = keyof typeof table

export const refusalCodes = Object.keys(table)

export type Refusal = {
  readonly code: Code
  readonly retry: string
  readonly current?: Todo
  readonly deleted?: true
  readonly serverTime?: string
  readonly retryAfterMs?: number
}

export function refusal(code: Code, more: Omit<Refusal, 'code' | 'retry'> = {}): Refusal {
  return { code, retry: table[code][0], ...more }
}

export function statusOf(api: Api, { code }: Refusal): number {
  return table[code][1][api]
}
