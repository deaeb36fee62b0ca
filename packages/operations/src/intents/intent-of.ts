import type { Intent } from '@idem/idempotency'
import type { KeyedOperation } from '../answers/keyed-attempt.ts'
import type { Caller } from './call.ts'

/** The intent of a keyed call. Its input is compared as received, without the key. */
export function intentOf(
  operation: KeyedOperation,
  { owner }: Caller,
  call: { readonly key: string; readonly arrived: unknown },
): Intent {
  const { idempotencyKey: _, ...input } = call.arrived as Record<string, unknown>
  return { owner, operation, key: call.key, input }
}
