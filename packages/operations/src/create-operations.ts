import {
  type CreateTodoInput,
  DeleteTodoAnswer,
  type DeleteTodoInput,
  type KeyInput,
  type KeyOutcome,
  type ListTodosInput,
  type RestoreTodoInput,
  type TodoPage,
  type UpdateTodoInput,
} from '@idem/contract/operations'
import type { Policy } from '@idem/contract/policy'
import { type RefusalCode, RefusalError } from '@idem/contract/refusal'
import { Todo } from '@idem/contract/todo'
import { type PrismaClient, type Transaction, transactionsOf } from '@idem/database/prisma'
import {
  acceptanceWindow,
  type BatchDefinition,
  type BatchPool,
  createIdempotency,
  IdempotencyError,
  type Intent,
  mintedAt,
  type KeyOutcome as Outcome,
  retryRead,
  retryTransaction,
} from '@idem/idempotency'
import { createTodo, type TodoDraft } from '@idem/todos/create-todo'
import { createTodoBatch } from '@idem/todos/create-todo-batch'
import { deleteTodo } from '@idem/todos/delete-todo'
import { getTodo } from '@idem/todos/get-todo'
import { listTodos } from '@idem/todos/list-todos'
import { restoreTodo } from '@idem/todos/restore-todo'
import { updateTodo } from '@idem/todos/update-todo'
import { v7 as uuidv7 } from 'uuid'
import { type KeyedAttempt, type KeyedOperation, keyedAttempt } from './keyed-attempt.ts'
import { StoredAnswer, storedAnswer } from './stored-answer.ts'
import { StoredRefusal } from './stored-refusal.ts'
import { asRefusal, isStored, refusalToStore } from './to-refusal.ts'

/** Who is calling: whose todos and keys are meant. */
export type Caller = { readonly owner: string }

/** Input as it arrived beside input as it was parsed: the first is compared, the second is used. */
export type Arrived<Input> = { readonly input: Input; readonly arrived: unknown }

export type OperationSettings = {
  readonly prisma: PrismaClient
  /** Connections of their own for batches. */
  readonly batchPool: BatchPool
  /** Called for each statement of a batch that failed. */
  readonly onFailedBatch?: BatchDefinition<TodoDraft>['onFailedBatch']
  /** The database's clock. */
  readonly now: () => Date
  /** How long keys and their answers are kept. */
  readonly policy: { readonly retentionHours: number }
  /** How long a deleted todo is remembered, and so how old an id may be that is still to be used. */
  readonly tombstoneRetentionDays: number
  /** Changes when the database was restored from a backup. */
  readonly ledgerEpoch: string
  /** The HTTP status of a refusal: it is stored with it, for a release that does not know the code. */
  readonly statusOf: (code: RefusalCode) => number
  /** Called with each keyed attempt, once it has ended. */
  readonly onAttempt?: (attempt: KeyedAttempt) => void
}

export type Operations = ReturnType<typeof createOperations>

/** Each operation once, for whichever face it is asked through. */
export function createOperations(settings: OperationSettings) {
  const { prisma, now, policy } = settings
  const adapter = transactionsOf(prisma)
  const idempotency = createIdempotency({
    adapter,
    schema: 'public',
    retentionHours: policy.retentionHours,
    // An effect here is rows of this database, and all of them go with its transaction.
    rerun: true,
    storeError: refusalToStore,
    errorStatus: (error) => (isStored(error) ? settings.statusOf(error.refusal.code) : undefined),
    restoreError: (_, stored) => new StoredRefusal(stored),
    onAttempt: (report) => settings.onAttempt?.(keyedAttempt(report)),
    clock: now,
  })
  const createBatched = idempotency.batched<TodoDraft>({
    ...createTodoBatch,
    pool: settings.batchPool,
    operation: 'createTodo',
    parse: Todo.parse,
    onFailedBatch: settings.onFailedBatch,
  })

  /**
   * With a key once only. Without one the work is naturally repeatable and its
   * answer is not kept; but if its commit was ambiguous, only work whose
   * second run would answer like its first is run again.
   */
  async function onceWhenKeyed<Value>(work: {
    intent: Intent | undefined
    parse: (value: unknown) => Value
    effect: (tx: Transaction) => Promise<Value>
    afterAmbiguousCommit: 'again' | 'unavailable'
  }): Promise<StoredAnswer<Value>> {
    const { intent, parse, effect, afterAmbiguousCommit } = work
    if (intent !== undefined) return storedAnswer(await idempotency.run(intent, effect, { parse }))
    const value = await retryTransaction({ adapter }, async ({ ambiguous, committing }) => {
      if (ambiguous && afterAmbiguousCommit === 'unavailable') {
        throw new IdempotencyError('unavailable')
      }
      return adapter.transaction(async (tx) => {
        const made = await effect(tx)
        committing()
        return made
      })
    })
    return new StoredAnswer(JSON.stringify(value), false)
  }

  // A tombstone that was purged can no longer say that its id was used. The record of the key still
  // can, so it is asked first: what was answered before is answered again.
  function isForgotten(id: string | undefined): boolean {
    const minted = id === undefined ? null : mintedAt(id)
    const keptMs = settings.tombstoneRetentionDays * 86_400_000
    return minted !== null && now().getTime() - minted.getTime() > keptMs
  }

  return {
    createTodo(
      { owner }: Caller,
      { input, arrived }: Arrived<CreateTodoInput>,
    ): Promise<StoredAnswer<Todo>> {
      const { idempotencyKey: key, title, id } = input
      const draft = { owner, title, id, key }
      const intent = intentOf('createTodo', owner, key, arrived)
      const answer = isForgotten(id)
        ? idempotency.run(intent, refuseForgotten)
        : createBatched(intent, draft, (tx) => createTodo(tx, draft, now()))
      return answer.then(storedAnswer<Todo>, refuse(repeatable))
    },

    /**
     * Without a key a create sent twice makes two. Still one sending makes one:
     * its id is minted before the first try, so that after an ambiguous commit
     * the next finds the todo of that id instead of making another.
     */
    async createTodoWithoutKey(
      { owner }: Caller,
      { title, id }: Omit<CreateTodoInput, 'idempotencyKey'>,
    ): Promise<StoredAnswer<Todo>> {
      if (isForgotten(id)) return refuseForgotten()
      const draft = { owner, title, id: id ?? uuidv7(), key: null }
      let made: Todo | undefined
      const effect = async (tx: Transaction) => {
        try {
          made = await createTodo(tx, draft, now())
          return made
        } catch (error) {
          // Nobody else can have had the id minted here: it was made, and changed by somebody since.
          if (id === undefined && made !== undefined && error instanceof RefusalError) return made
          throw error
        }
      }
      return onceWhenKeyed({
        intent: undefined,
        parse: Todo.parse,
        effect,
        afterAmbiguousCommit: 'again',
      }).catch(refuse(false))
    },

    deleteTodo(
      { owner }: Caller,
      { input, arrived }: Arrived<DeleteTodoInput>,
    ): Promise<StoredAnswer<DeleteTodoAnswer>> {
      const { idempotencyKey: key, id, version } = input
      return onceWhenKeyed({
        intent: key === undefined ? undefined : intentOf('deleteTodo', owner, key, arrived),
        parse: DeleteTodoAnswer.parse,
        effect: (tx) => deleteTodo(tx, { owner, id, version }, now()),
        afterAmbiguousCommit: 'again',
      }).catch(refuse(key !== undefined))
    },

    restoreTodo(
      { owner }: Caller,
      { input, arrived }: Arrived<RestoreTodoInput>,
    ): Promise<StoredAnswer<Todo>> {
      const { idempotencyKey: key, id, version } = input
      return onceWhenKeyed({
        intent: key === undefined ? undefined : intentOf('restoreTodo', owner, key, arrived),
        parse: Todo.parse,
        effect: (tx) => restoreTodo(tx, { owner, id, version }, now()),
        afterAmbiguousCommit: 'again',
      }).catch(refuse(key !== undefined))
    },

    updateTodo(
      { owner }: Caller,
      { input, arrived }: Arrived<UpdateTodoInput>,
    ): Promise<StoredAnswer<Todo>> {
      const { idempotencyKey: key, ...change } = input
      return onceWhenKeyed({
        intent: key === undefined ? undefined : intentOf('updateTodo', owner, key, arrived),
        parse: Todo.parse,
        effect: (tx) => updateTodo(tx, { owner, ...change }, now()),
        // It would find the version it raised itself and call that a conflict.
        afterAmbiguousCommit: 'unavailable',
      }).catch(refuse(key !== undefined))
    },

    outcomeOf(
      { owner }: Caller,
      { idempotencyKey: key }: KeyInput,
    ): Promise<StoredAnswer<KeyOutcome>> {
      return idempotency.outcomeOf({ owner, key }).then(storedOutcome, refuse(repeatable))
    },

    /** Its answer is the outcome, whoever of the two came first. */
    cancel(
      { owner }: Caller,
      { idempotencyKey: key }: KeyInput,
    ): Promise<StoredAnswer<KeyOutcome>> {
      return idempotency.cancel({ owner, key }).then(storedOutcome, refuse(repeatable))
    },

    getTodo({ owner }: Caller, { id }: { id: string }): Promise<Todo> {
      return retryRead({ adapter }, () => getTodo(prisma, owner, id)).catch(refuse(repeatable))
    },

    listTodos({ owner }: Caller, input: ListTodosInput): Promise<TodoPage> {
      return retryRead({ adapter }, () => listTodos(prisma, owner, input)).catch(refuse(repeatable))
    },

    /** From memory, so that a client can learn the server's clock whatever the database is doing. */
    policy(): Policy {
      const { pastHours, futureMinutes } = acceptanceWindow(policy)
      return {
        keyRetentionHours: policy.retentionHours,
        acceptancePastHours: pastHours,
        acceptanceFutureMinutes: futureMinutes,
        serverTime: now().toISOString(),
        ledgerEpoch: settings.ledgerEpoch,
      }
    },
  }
}

/** The answer in it stays as it is stored, to the byte. */
function storedOutcome(outcome: Outcome): StoredAnswer<KeyOutcome> {
  if (outcome.state !== 'answered') return new StoredAnswer(JSON.stringify(outcome), false)
  const { state, operation, answeredAt, kind, text } = outcome
  const head = JSON.stringify({ state, operation, answeredAt }).slice(0, -1)
  return new StoredAnswer(`${head},"${kind}":${text}}`, false)
}

async function refuseForgotten(): Promise<never> {
  throw new RefusalError('invalid_input', { paths: ['id'] })
}

function intentOf(operation: KeyedOperation, owner: string, key: string, arrived: unknown): Intent {
  const { idempotencyKey: _, ...input } = arrived as Record<string, unknown>
  return { owner, operation, key, input }
}

/** Sent again it does no harm: it has a key, or only reads. */
const repeatable = true

function refuse(isRepeatable: boolean): (error: unknown) => never {
  return (error) => {
    throw asRefusal(error, isRepeatable)
  }
}
