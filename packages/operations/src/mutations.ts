import {
  type MutationAnswer,
  type MutationInput,
  type MutationName,
  mutations as schemas,
} from '@idem/contract/operations'
import { RefusalError } from '@idem/contract/refusal'
import type { BatchDefinition } from '@idem/idempotency/batch'
import { mintedAt } from '@idem/idempotency/server'
import { createTodo, createTodoBatch } from '@idem/todos/rules/create-todo'
import { deleteTodo } from '@idem/todos/rules/delete-todo'
import { restoreTodo } from '@idem/todos/rules/restore-todo'
import { updateTodo } from '@idem/todos/rules/update-todo'
import type { TodoDraft, TodoMutation, TodoRule } from '@idem/todos/todo'
import type { OperationSettings } from './services.ts'

type Mutation<Name extends MutationName> = (typeof schemas)[Name] & {
  readonly rule: TodoRule<MutationInput<Name> & { readonly id: string }, MutationAnswer<Name>>
  /** For an operation that is frequent and needs no stored todo. All others share one batch, which reads first. */
  readonly batch?: OwnBatch
  readonly refuse?: Refuse<MutationInput<Name>>
}

/** A mutation of the list, without the types of its own input and answer. */
export type AnyMutation = TodoMutation & {
  readonly batch?: OwnBatch
  readonly refuse?: Refuse<never>
}

type OwnBatch = Omit<BatchDefinition<TodoDraft>, 'pool' | 'operation'>

/** The refusal of an input that is no longer accepted. A key that has an answer is replayed all the same. */
type Refuse<Input> = (input: Input, settings: OperationSettings) => RefusalError | undefined

/** Every operation that changes todos. Both APIs, metrics, cancel and reconcile read this list. */
export const mutations = {
  createTodo: {
    ...schemas.createTodo,
    rule: createTodo,
    batch: createTodoBatch,
    refuse: refusePurgeable,
  },
  deleteTodo: { ...schemas.deleteTodo, rule: deleteTodo },
  restoreTodo: { ...schemas.restoreTodo, rule: restoreTodo },
  updateTodo: { ...schemas.updateTodo, rule: updateTodo },
} as const satisfies { readonly [Name in MutationName]: Mutation<Name> }

/** The id is so old that a purged tombstone may have had it, so a reuse could not be detected. */
function refusePurgeable(
  { id }: MutationInput<'createTodo'>,
  { now, tombstoneRetentionDays }: OperationSettings,
): RefusalError | undefined {
  const minted = id === undefined ? null : mintedAt(id)
  const retentionMs = tombstoneRetentionDays * 86_400_000
  const isPurgeable = minted !== null && now().getTime() - minted.getTime() > retentionMs
  return isPurgeable ? new RefusalError('invalid_input', { paths: ['id'] }) : undefined
}
