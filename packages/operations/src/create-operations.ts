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
import { inTransaction, type PrismaClient, type Transaction } from '@idem/database/prisma'
import { sqlStateOf } from '@idem/database/sql-state'
import type { Attempt, Parser, Transact } from '@idem/idempotency/attempt'
import type { BatchSettings } from '@idem/idempotency/batch-settings'
import { futureMinutes, type KeyPolicy, marginHours } from '@idem/idempotency/key-policy'
import { createOnce } from '@idem/idempotency/once'
import { OnceError } from '@idem/idempotency/once-error'
import {
  cancel,
  type KeySettings,
  type KeyOutcome as Outcome,
  outcomeOf,
} from '@idem/idempotency/outcome-of'
import { settle, settleRead } from '@idem/idempotency/settle'
import { mintedAt } from '@idem/idempotency/timed-key'
import { createTodo, type TodoDraft } from '@idem/todos/create-todo'
import { createTodoBatch } from '@idem/todos/create-todo-batch'
import { deleteTodo } from '@idem/todos/delete-todo'
import { getTodo } from '@idem/todos/get-todo'
import { listTodos } from '@idem/todos/list-todos'
import { restoreTodo } from '@idem/todos/restore-todo'
import { updateTodo } from '@idem/todos/update-todo'
import { v7 as uuidv7 } from 'uuid'
import { type KeyedAttempt, type KeyedOperation, keyedAttempt } from './keyed-attempt.ts'
import { answerOf, StoredAnswer } from './stored-answer.ts'
import { asRefusal, refusalFor } from './to-refusal.ts'

/** Who is calling: whose todos and keys are meant. */
export type Caller = { readonly owner: string }

/** Input as it arrived beside input as it was parsed: the first is compared, the second is used. */
export type Arrived<Input> = { readonly input: Input; readonly arrived: unknown }

export type OperationSettings = {
  readonly prisma: PrismaClient
  /** One statement of a batch, on a connection of its own. */
  readonly groupQuery: BatchSettings<TodoDraft>['query']
  /** Called for each statement of a batch that failed. */
  readonly onFailedBatch?: BatchSettings<TodoDraft>['onFailedBatch']
  /** The database's clock. */
  readonly now: () => Date
  readonly policy: KeyPolicy
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
  const transact = transactOn(prisma)
  const keys: KeySettings = { transact, policy, codeOf: sqlStateOf }
  const { once, onceBatched } = createOnce({
    transact,
    policy,
    codeOf: sqlStateOf,
    refusalFor: (error) => refusalFor(error, settings.statusOf),
    // An effect here is rows of this database, and all of them go with its transaction.
    rerun: true,
    onAttempt: (report) => settings.onAttempt?.(keyedAttempt(report)),
  })
  const createBatched = onceBatched<TodoDraft>({
    query: settings.groupQuery,
    operation: 'createTodo',
    effect: createTodoBatch,
    answer: Todo,
    policy,
    now,
    onFailedBatch: settings.onFailedBatch,
  })

  /**
   * With a key once only. Without one the work is naturally repeatable and its
   * answer is not kept; but if its commit was left in doubt, only work whose
   * second run would answer like its first is run again.
   */
  async function onceWhenKeyed<Value>(work: {
    attempt: Attempt | undefined
    answer: Parser
    effect: (tx: Transaction) => Promise<Value>
    afterDoubt: 'again' | 'unavailable'
  }): Promise<StoredAnswer<Value>> {
    const { attempt, answer, effect, afterDoubt } = work
    if (attempt !== undefined) return answerOf(await once({ attempt, answer, effect }))
    const value = await settle(keys, async ({ doubtful, committing }) => {
      if (doubtful && afterDoubt === 'unavailable') throw new OnceError('unavailable')
      return transact(async (tx) => {
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
      const attempt = attemptOf('createTodo', owner, key, arrived)
      const effect = (tx: Transaction) => createTodo(tx, draft, now())
      const outcome = isForgotten(id)
        ? once({ attempt, answer: Todo, effect: refuseForgotten })
        : createBatched({ attempt, draft, effect })
      return outcome.then(answerOf<Todo>, refuse(repeatable))
    },

    /**
     * Without a key a create sent twice makes two. Still one sending makes one:
     * its id is minted before the first try, so that after a commit in doubt
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
      return onceWhenKeyed({ attempt: undefined, answer: Todo, effect, afterDoubt: 'again' }).catch(
        refuse(false),
      )
    },

    deleteTodo(
      { owner }: Caller,
      { input, arrived }: Arrived<DeleteTodoInput>,
    ): Promise<StoredAnswer<DeleteTodoAnswer>> {
      const { idempotencyKey: key, id, version } = input
      return onceWhenKeyed({
        attempt: key === undefined ? undefined : attemptOf('deleteTodo', owner, key, arrived),
        answer: DeleteTodoAnswer,
        effect: (tx) => deleteTodo(tx, { owner, id, version }, now()),
        afterDoubt: 'again',
      }).catch(refuse(key !== undefined))
    },

    restoreTodo(
      { owner }: Caller,
      { input, arrived }: Arrived<RestoreTodoInput>,
    ): Promise<StoredAnswer<Todo>> {
      const { idempotencyKey: key, id, version } = input
      return onceWhenKeyed({
        attempt: key === undefined ? undefined : attemptOf('restoreTodo', owner, key, arrived),
        answer: Todo,
        effect: (tx) => restoreTodo(tx, { owner, id, version }, now()),
        afterDoubt: 'again',
      }).catch(refuse(key !== undefined))
    },

    updateTodo(
      { owner }: Caller,
      { input, arrived }: Arrived<UpdateTodoInput>,
    ): Promise<StoredAnswer<Todo>> {
      const { idempotencyKey: key, ...change } = input
      return onceWhenKeyed({
        attempt: key === undefined ? undefined : attemptOf('updateTodo', owner, key, arrived),
        answer: Todo,
        effect: (tx) => updateTodo(tx, { owner, ...change }, now()),
        // It would find the version it raised itself and call that a conflict.
        afterDoubt: 'unavailable',
      }).catch(refuse(key !== undefined))
    },

    outcomeOf(
      { owner }: Caller,
      { idempotencyKey: key }: KeyInput,
    ): Promise<StoredAnswer<KeyOutcome>> {
      return outcomeOf(keys, { owner, key }).then(toldOutcome, refuse(repeatable))
    },

    /** Its answer is the outcome, whoever of the two came first. */
    cancel(
      { owner }: Caller,
      { idempotencyKey: key }: KeyInput,
    ): Promise<StoredAnswer<KeyOutcome>> {
      return cancel(keys, { owner, key }).then(toldOutcome, refuse(repeatable))
    },

    getTodo({ owner }: Caller, { id }: { id: string }): Promise<Todo> {
      return settleRead(keys, () => getTodo(prisma, owner, id)).catch(refuse(repeatable))
    },

    listTodos({ owner }: Caller, input: ListTodosInput): Promise<TodoPage> {
      return settleRead(keys, () => listTodos(prisma, owner, input)).catch(refuse(repeatable))
    },

    /** From memory, so that a client can learn the server's clock whatever the database is doing. */
    policy(): Policy {
      return {
        keyRetentionHours: policy.retentionHours,
        acceptancePastHours: policy.retentionHours - marginHours,
        acceptanceFutureMinutes: futureMinutes,
        serverTime: now().toISOString(),
        ledgerEpoch: settings.ledgerEpoch,
      }
    },
  }
}

/**
 * Rejects as soon as a statement was not answered in time, and leaves the
 * ROLLBACK to itself. A database that has fallen silent does not answer that
 * either, and a second wait of 5 s would be the end of the request: nothing
 * could be tried again, on a connection that works.
 */
function transactOn(prisma: PrismaClient): Transact<Transaction> {
  return (work) =>
    new Promise((resolve, reject) => {
      const heard: typeof work = async (tx, query) => {
        try {
          return await work(tx, query)
        } catch (error) {
          if (sqlStateOf(error) === 'ETIMEDOUT') reject(error)
          throw error
        }
      }
      inTransaction(prisma, heard).then(resolve, reject)
    })
}

/** The answer in it stays as it is stored, to the byte. */
function toldOutcome(outcome: Outcome): StoredAnswer<KeyOutcome> {
  if (outcome.state !== 'answered') return new StoredAnswer(JSON.stringify(outcome), false)
  const { state, operation, answeredAt, kind, text } = outcome
  const head = JSON.stringify({ state, operation, answeredAt }).slice(0, -1)
  return new StoredAnswer(`${head},"${kind}":${text}}`, false)
}

async function refuseForgotten(): Promise<never> {
  throw new RefusalError('invalid_input', { paths: ['id'] })
}

function attemptOf(
  operation: KeyedOperation,
  owner: string,
  key: string,
  arrived: unknown,
): Attempt {
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
