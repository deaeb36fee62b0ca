import { mintedMs } from '../records/time-ordered-key.ts'
import type { Member } from './batch-member.ts'
import type { BatchSettings, Statement } from './batch-settings.ts'
import { batchStatements } from './batch-statement.ts'

/** Makes the two texts once: the database knows a statement by its name and plans it once for each. */
export function createBatchStatement<Draft>({
  effect,
  operation,
  policy,
}: BatchSettings<Draft>): (batch: readonly Member[]) => Statement {
  const { one, many } = batchStatements(effect, policy.tables)
  const columns = Object.keys(effect.columns)

  return (batch) => {
    const arrays = [
      batch.map(({ claim }) => claim.owner),
      batch.map(({ claim }) => claim.key),
      batch.map(({ claim }) => claim.fingerprint),
      batch.map(({ claim }) => mintedMs(claim.key)),
      batch.map(({ text }) => text),
      ...columns.map((column) => batch.map(({ prepared }) => prepared.row[column])),
    ]
    const isAlone = batch.length === 1
    return {
      name: `idem_${isAlone ? 'lone' : 'batch'}_${operation}`,
      text: isAlone ? one : many,
      values: [operation, policy.retentionHours, ...(isAlone ? arrays.flat() : arrays)],
    }
  }
}
