import { mintedMs } from '../records/time-ordered-key.ts'
import type { Member } from './batch-member.ts'
import type { BatchSettings, ColumnValue, Statement } from './batch-settings.ts'
import { batchStatements } from './batch-statement.ts'

export type StatementsOf<Draft> = {
  /** Claims the keys, has the effects and stores the answers. */
  readonly execute: (batch: readonly Member<Draft>[]) => Statement
  /** Reads why attempts were left out, so that their outcome can be decided. */
  readonly decide: (batch: readonly Member<Draft>[]) => Statement
  /** Stores outcomes that were decided without an effect. */
  readonly store: (batch: readonly Member<Draft>[]) => Statement
}

/** Builds the texts once: the database knows a statement by its name and plans each name once. */
export function createBatchStatements<Draft>(settings: BatchSettings<Draft>): StatementsOf<Draft> {
  const { effect, operation, policy } = settings
  const existing = effect.whenTaken?.existing ?? 'null::text'
  const { one, many, decide, store } = batchStatements({ ...effect, existing }, policy.tables)
  const columns = Object.keys(effect.columns)
  const shared = [operation, policy.retentionHours]

  function arraysOf(batch: readonly Member<Draft>[]): ColumnValue[][] {
    return [
      ...claimArrays(batch),
      ...columns.map((column) => batch.map(({ prepared }) => prepared.row[column])),
    ]
  }

  return {
    execute(batch) {
      const arrays = arraysOf(batch)
      return batch.length === 1
        ? { name: `idem_lone_${operation}`, text: one, values: [...shared, ...arrays.flat()] }
        : { name: `idem_batch_${operation}`, text: many, values: [...shared, ...arrays] }
    },

    decide(batch) {
      const values = [...shared, ...arraysOf(batch)]
      return { name: `idem_decide_${operation}`, text: decide, values }
    },

    store(batch) {
      const arrays = [
        ...claimArrays(batch),
        batch.map(({ outcome }) => (outcome.kind === 'refusal' ? outcome.text : null)),
        batch.map(({ outcome }) => outcome.status ?? null),
      ]
      return { name: `idem_store_${operation}`, text: store, values: [...shared, ...arrays] }
    },
  }
}

/** In the order of the columns of a claim. */
function claimArrays<Draft>(batch: readonly Member<Draft>[]): ColumnValue[][] {
  return [
    batch.map(({ claim }) => claim.owner),
    batch.map(({ claim }) => claim.key),
    batch.map(({ claim }) => claim.fingerprint),
    batch.map(({ claim }) => mintedMs(claim.key)),
    batch.map(({ outcome }) => (outcome.kind === 'answer' ? outcome.text : null)),
  ]
}
