import type { Caller } from '@idem/operations/call'
import type { Operations } from '@idem/operations/create-operations'

/** The caller of a request, and the operations it may call. */
export type Context = {
  readonly caller: Caller
  readonly operations: Operations
}
