import type { RefusalError } from '@idem/contract/refusal'
import { StoredRefusal } from '@idem/operations/stored-refusal'
import { refusalOf } from '../refusal-shape.ts'
import { asTrpcError } from '../refusal-table.ts'

/** The refusal an error stands for. What nobody expected is handed to `report`; whoever called is told its id and no more. */
export function toldRefusal(
  error: unknown,
  report: (unexpected: RefusalError) => void,
): RefusalError | StoredRefusal {
  const refusal = refusalOf(asTrpcError(error), undefined)
  if (refusal instanceof StoredRefusal) return refusal
  if (refusal.refusal.code === 'unexpected') report(refusal)
  return refusal
}
