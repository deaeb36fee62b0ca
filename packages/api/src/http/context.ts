import type { Caller } from '@idem/operations/call'
import type { Operations } from '@idem/operations/create-operations'

/** A call's caller, and the operations it may ask for. */
export type Context = {
  readonly caller: Caller
  readonly operations: Operations
}
