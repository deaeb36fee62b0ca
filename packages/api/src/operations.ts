import {
  type CreateTodoInput,
  DeleteTodoAnswer,
  type DeleteTodoInput,
  type ListTodosInput,
  type TodoPage,
} from '@idem/contract/operations'
import type { Policy } from '@idem/contract/policy'
import { RefusalError } from '@idem/contract/refusal'
import { Todo } from '@idem/contract/todo'
import { inTransaction, type PrismaClient, type Transaction } from '@idem/database/prisma'
import { sqlStateOf } from '@idem/database/sql-state'
import type { Attempt, Parser } from '@idem/idempotency/attempt'
import type { GroupSettings } from '@idem/idempotency/group'
import { futureMinutes, type KeyPolicy, marginHours } from '@idem/idempotency/key-policy'
import { createOnce } from '@idem/idempotency/once'
import { settle } from '@idem/idempotency/settle'
import { mintedAt } from '@idem/idempotency/timed-key'
import { createTodo, type TodoDraft } from '@idem/todos/create-todo'
import { createTodoInGroups } from '@idem/todos/create-todo-in-groups'
import { deleteTodo } from '@idem/todos/delete-todo'
import { getTodo } from '@idem/todos/get-todo'
import { listTodos } from '@idem/todos/list-todos'
import { asRefusal, refusalText } from './refused.ts'
import { answerOf, StoredAnswer } from './stored-answer.ts'

/** Who is calling: whose todos and keys are meant. */
export type Caller = { readonly owner: string }

/** Input as it arrived beside input as it was parsed: the first is compared, the second is used. */
export type Arrived<Input> = { readonly input: Input; readonly arrived: unknown }

export type OperationSettings = {
  readonly prisma: PrismaClient
  /** One statement on the group's own connection. */
  readonly groupQuery: GroupSettings<TodoDraft>['query']
  /** The database's clock. */
  readonly now: () => Date
  readonly policy: KeyPolicy
  /** How long a deleted todo is remembered, and so how old an id may be that is still to be used. */
  readonly tombstoneRetentionDays: number
  /** Changes when the database was restored from a backup. */
  readonly ledgerEpoch: string
}

export type Operations = ReturnType<typeof createOperations>

/** Each operation once, for whichever face it is asked through. */
export function createOperations(settings: OperationSettings) {
  const { prisma, now, policy } = settings
  const { once, onceInGroups } = createOnce<Transaction>({
    transact: (work) => inTransaction(prisma, work),
    codeOf: sqlStateOf,
    refusalText,
    policy,
  })
  const createInGroups = onceInGroups<TodoDraft>({
    query: settings.groupQuery,
    operation: 'createTodo',
    effect: createTodoInGroups,
    answer: Todo,
    policy,
    now,
  })

  /** With a key once only; without one the operation is naturally repeatable, and its answer is not kept. */
  async function onceWhenKeyed<Value>(work: {
    attempt: Attempt | undefined
    answer: Parser
    effect: (tx: Transaction) => Promise<Value>
  }): Promise<StoredAnswer<Value>> {
    const { attempt, answer, effect } = work
    if (attempt !== undefined) return answerOf(await once({ attempt, answer, effect }))
    const value = await settle(sqlStateOf, ({ committing }) =>
      inTransaction(prisma, async (tx) => {
        const made = await effect(tx)
        committing()
        return made
      }),
    )
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
        : createInGroups({ attempt, draft, effect })
      return outcome.then(answerOf<Todo>, refuse(true))
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
      }).catch(refuse(key !== undefined))
    },

    getTodo({ owner }: Caller, { id }: { id: string }): Promise<Todo> {
      return settle(sqlStateOf, () => getTodo(prisma, owner, id)).catch(refuse(false))
    },

    listTodos({ owner }: Caller, input: ListTodosInput): Promise<TodoPage> {
      return settle(sqlStateOf, () => listTodos(prisma, owner, input)).catch(refuse(false))
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

async function refuseForgotten(): Promise<never> {
  throw new RefusalError('invalid_input', { paths: ['id'] })
}

function attemptOf(operation: string, owner: string, key: string, arrived: unknown): Attempt {
  const { idempotencyKey: _, ...input } = arrived as Record<string, unknown>
  return { owner, operation, key, input }
}

function refuse(keyed: boolean): (error: unknown) => never {
  return (error) => {
    throw asRefusal(error, keyed)
  }
}
