import { mintedMs } from '../records/time-ordered-key.ts'
import type { Member } from './batch-member.ts'
import type { BatchSettings, BatchSteps, ColumnValue, Statement } from './batch-settings.ts'
import { batchStatements, claimColumns } from './batch-statement.ts'
import type { StatementKind } from './parts.ts'

export type StatementsOf<Draft> = Readonly<
  Record<StatementKind, (batch: readonly Member<Draft>[]) => Statement>
>

/** Builds the texts once: the database knows a statement by its name and plans each name once. */
export function createBatchStatements<Draft>(
  steps: BatchSteps<Draft>,
  { name, policy }: Pick<BatchSettings<Draft>, 'name' | 'policy'>,
): StatementsOf<Draft> {
  const readAll = steps.first === 'read'
  const { one, many, read, store } = batchStatements(steps.parts, policy.tables, { readAll })
  const columns = Object.keys(steps.parts.columns)
  const reserved = columns.find((column) => column in claimColumns)
  if (reserved !== undefined) {
    throw new RangeError(`The column "${reserved}" of ${name} needs another name: a claim has one.`)
  }
  const shared = [policy.retentionHours]

  function arraysOf(batch: readonly Member<Draft>[]): ColumnValue[][] {
    return [...claimArrays(batch), ...columns.map((column) => batch.map(({ row }) => row[column]))]
  }

  return {
    execute(batch) {
      const arrays = arraysOf(batch)
      return batch.length === 1
        ? { name: `idem_lone_${name}`, text: one, values: [...shared, ...arrays.flat()] }
        : { name: `idem_batch_${name}`, text: many, values: [...shared, ...arrays] }
    },

    read(batch) {
      const values = [...shared, ...arraysOf(batch)]
      return { name: `idem_read_${name}`, text: read, values }
    },

    store(batch) {
      const arrays = [
        ...claimArrays(batch),
        batch.map(({ outcome }) => (outcome?.kind === 'refusal' ? outcome.text : null)),
        batch.map(({ outcome }) => outcome?.status ?? null),
      ]
      return { name: `idem_store_${name}`, text: store, values: [...shared, ...arrays] }
    },
  }
}

/** In the order of the columns of a claim. */
function claimArrays<Draft>(batch: readonly Member<Draft>[]): ColumnValue[][] {
  return [
    batch.map(({ claim }) => claim.owner),
    batch.map(({ claim }) => claim.key),
    batch.map(({ claim }) => claim.operation),
    batch.map(({ claim }) => claim.fingerprint),
    batch.map(({ claim }) => mintedMs(claim.key)),
    batch.map(({ outcome }) => (outcome?.kind === 'answer' ? outcome.text : null)),
  ]
}
