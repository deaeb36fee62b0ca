import type { Fault } from '@idem/test-support/postgres-proxy'
import { v7 } from 'uuid'
import type { Effect } from '../checker/effect-log.ts'
import type { Step } from './crash-point-steps.ts'

/** An HTTP request, the same in every attempt. */
export type Call = { readonly path: string; readonly body: unknown }

export type Intent = {
  readonly call: Call
  /** The result without faults: `ok`, or the code of a refusal. */
  readonly expected: string
  /** All effects on the todos with its title, before and by this intent. */
  readonly effects: readonly Effect['kind'][]
  readonly keys: readonly string[]
  /** The final outcome in the records of its keys. */
  readonly outcome: 'answer' | 'refusal' | 'cancelled'
}

export type Operation = {
  /** Its statements, in order. */
  readonly steps: readonly Step[]
  /** The fault that leads to these steps. */
  readonly setBack?: { readonly step: Step; readonly fault: Fault }
  /** Without key or id it must not be repeated; only at most one effect is promised. */
  readonly sentAgain?: 'never'
  /** Prepares the intent. All of its todos have this title or one that starts with it. */
  readonly prepare: (title: string, settle: Settle) => Promise<Intent>
}

/** Sends to a healthy server until it answers; returns the todo. */
export type Settle = (call: Call) => Promise<{ readonly id: string }>

export type OperationName = keyof typeof operations

/** One message, and so is `closing`. */
const opening = ['begin', 'limit', 'claim', 'window', 'savepoint'] as const
const closing = ['store', 'commit'] as const

/** A change whose batch could not read runs alone. */
const runsAlone = { step: 'read-todos', fault: 'cut_before' } as const

/** Every path through the code that writes. */
export const operations = {
  createTodo: {
    steps: ['lone'],
    async prepare(title) {
      const [key, call] = createOf(title)
      return { call, expected: 'ok', effects: ['made'], keys: [key], outcome: 'answer' }
    },
  },
  'createTodo-in-a-batch': {
    steps: ['batch'],
    async prepare(title) {
      const keys = [v7(), v7(), v7()]
      const body = keys.map((idempotencyKey, at) => ({ idempotencyKey, title: `${title} ${at}` }))
      const call = {
        path: '/api/trpc/createTodo,createTodo,createTodo?batch=1',
        body: { ...body },
      }
      const effects = keys.map(() => 'made' as const)
      return { call, expected: 'ok', effects, keys, outcome: 'answer' }
    },
  },
  'createTodo-replayed': {
    steps: ['lone'],
    async prepare(title, settle) {
      const [key, call] = createOf(title)
      await settle(call)
      return { call, expected: 'ok', effects: ['made'], keys: [key], outcome: 'answer' }
    },
  },
  'createTodo-alone': {
    setBack: { step: 'lone', fault: 'cut_before' },
    steps: [...opening, 'insert', ...closing],
    async prepare(title) {
      const [key, call] = createOf(title)
      return { call, expected: 'ok', effects: ['made'], keys: [key], outcome: 'answer' }
    },
  },
  'createTodo-of-existing-todo': {
    steps: ['lone', 'read', 'store-decided'],
    prepare: createOfExisting,
  },
  'createTodo-alone-of-existing-todo': {
    setBack: { step: 'lone', fault: 'cut_before' },
    steps: [...opening, 'select', ...closing],
    prepare: createOfExisting,
  },
  'createTodo-of-a-taken-id': {
    steps: ['lone', 'read', 'store-decided'],
    prepare: createOfTakenId,
  },
  'createTodo-alone-of-a-taken-id': {
    setBack: { step: 'lone', fault: 'cut_before' },
    steps: [...opening, 'select', 'undo', ...closing],
    prepare: createOfTakenId,
  },
  updateTodo: {
    steps: ['read-todos', 'lone-change'],
    prepare: changeOf,
  },
  'updateTodo-in-a-batch': {
    steps: ['read-todos', 'batch-of-changes'],
    async prepare(title, settle) {
      const changes = [await changeOf(title, settle), await changeOf(title, settle)]
      const call = {
        path: '/api/trpc/updateTodo,updateTodo?batch=1',
        body: { ...changes.map(({ call }) => call.body) },
      }
      const effects = ['made', 'made', 'changed', 'changed'] as const
      const keys = changes.flatMap((change) => change.keys)
      return { call, expected: 'ok', effects, keys, outcome: 'answer' }
    },
  },
  'updateTodo-alone': {
    setBack: runsAlone,
    steps: [...opening, 'select', 'update', ...closing],
    prepare: changeOf,
  },
  'updateTodo-ambiguous': {
    setBack: { step: 'lone-change', fault: 'cut_after' },
    steps: [...opening, 'look-up', 'commit'],
    prepare: changeOf,
  },
  'updateTodo-replayed': {
    steps: ['read-todos'],
    prepare: changeSentTwice,
  },
  'updateTodo-alone-replayed': {
    setBack: runsAlone,
    steps: [...opening, 'look-up', 'commit'],
    prepare: changeSentTwice,
  },
  'updateTodo-under-a-used-key': {
    steps: ['read-todos'],
    prepare: changeUnderUsedKey,
  },
  'updateTodo-alone-under-a-used-key': {
    setBack: runsAlone,
    steps: [...opening, 'look-up', 'rollback'],
    prepare: changeUnderUsedKey,
  },
  'updateTodo-of-another-version': {
    steps: ['read-todos', 'store-unchanged'],
    prepare: changeOfAnotherVersion,
  },
  'updateTodo-alone-of-another-version': {
    setBack: runsAlone,
    steps: [...opening, 'select', 'undo', ...closing],
    prepare: changeOfAnotherVersion,
  },
  'updateTodo-without-a-key': {
    steps: ['read-todos', 'lone-change'],
    sentAgain: 'never',
    prepare: async (title, settle) => withoutKey(await changeOf(title, settle)),
  },
  deleteTodo: {
    steps: ['read-todos', 'lone-change'],
    prepare: deletionOf,
  },
  'deleteTodo-of-nothing': {
    steps: ['read-todos', 'store-unchanged'],
    async prepare() {
      const idempotencyKey = v7()
      const call = trpc('deleteTodo', { idempotencyKey, id: v7() })
      return { call, expected: 'ok', effects: [], keys: [idempotencyKey], outcome: 'answer' }
    },
  },
  'deleteTodo-without-a-key': {
    steps: ['read-todos', 'lone-change'],
    prepare: async (title, settle) => withoutKey(await deletionOf(title, settle)),
  },
  restoreTodo: {
    steps: ['read-todos', 'lone-change'],
    prepare: restorationOf,
  },
  'restoreTodo-without-a-key': {
    steps: ['read-todos', 'lone-change'],
    prepare: async (title, settle) => withoutKey(await restorationOf(title, settle)),
  },
  cancel: {
    steps: ['begin', 'limit', 'look-up', 'cancel', 'window', 'commit'],
    async prepare() {
      const key = v7()
      const call = trpc('cancel', { idempotencyKey: key })
      return { call, expected: 'ok', effects: [], keys: [key], outcome: 'cancelled' }
    },
  },
  'cancel-of-an-answered-key': {
    steps: ['begin', 'limit', 'look-up', 'commit'],
    async prepare(title, settle) {
      const [key, create] = createOf(title)
      await settle(create)
      const call = trpc('cancel', { idempotencyKey: key })
      return { call, expected: 'ok', effects: ['made'], keys: [key], outcome: 'answer' }
    },
  },
  'rest-create-with-an-id': {
    steps: ['lone'],
    async prepare(title) {
      const call = { path: '/todos', body: { title, id: v7() } }
      return { call, expected: 'ok', effects: ['made'], keys: [], outcome: 'answer' }
    },
  },
  'rest-create-without-a-key': {
    steps: ['lone'],
    sentAgain: 'never',
    async prepare(title) {
      const call = { path: '/todos', body: { title } }
      return { call, expected: 'ok', effects: ['made'], keys: [], outcome: 'answer' }
    },
  },
} as const satisfies Record<string, Operation>

function createOf(title: string, id?: string): [key: string, call: Call] {
  const idempotencyKey = v7()
  return [idempotencyKey, trpc('createTodo', { idempotencyKey, title, ...(id && { id }) })]
}

async function createOfExisting(title: string, settle: Settle): Promise<Intent> {
  const { id } = await settle(createOf(title)[1])
  const [key, call] = createOf(title, id)
  return { call, expected: 'ok', effects: ['made'], keys: [key], outcome: 'answer' }
}

async function createOfTakenId(title: string, settle: Settle): Promise<Intent> {
  const { id } = await settle(createOf(title)[1])
  const [key, call] = createOf(`${title} otherwise`, id)
  return { call, expected: 'id_taken', effects: ['made'], keys: [key], outcome: 'refusal' }
}

async function changeOf(title: string, settle: Settle): Promise<Intent> {
  const { id } = await settle(createOf(title)[1])
  const idempotencyKey = v7()
  return {
    call: trpc('updateTodo', { idempotencyKey, id, version: 1, completed: true }),
    expected: 'ok',
    effects: ['made', 'changed'],
    keys: [idempotencyKey],
    outcome: 'answer',
  }
}

async function changeSentTwice(title: string, settle: Settle): Promise<Intent> {
  const intent = await changeOf(title, settle)
  await settle(intent.call)
  return intent
}

async function changeUnderUsedKey(title: string, settle: Settle): Promise<Intent> {
  const intent = await changeSentTwice(title, settle)
  const body = { ...Object(intent.call.body), completed: false }
  return { ...intent, call: { ...intent.call, body }, expected: 'key_reused' }
}

async function changeOfAnotherVersion(title: string, settle: Settle): Promise<Intent> {
  const { call, ...intent } = await changeOf(title, settle)
  const body = { ...Object(call.body), version: 7 }
  const refused = { expected: 'version_conflict', effects: ['made'], outcome: 'refusal' } as const
  return { ...intent, call: { ...call, body }, ...refused }
}

async function deletionOf(title: string, settle: Settle): Promise<Intent> {
  const { id } = await settle(createOf(title)[1])
  const idempotencyKey = v7()
  return {
    call: trpc('deleteTodo', { idempotencyKey, id }),
    expected: 'ok',
    effects: ['made', 'deleted'],
    keys: [idempotencyKey],
    outcome: 'answer',
  }
}

async function restorationOf(title: string, settle: Settle): Promise<Intent> {
  const { id } = await settle(createOf(title)[1])
  await settle(trpc('deleteTodo', { id }))
  const idempotencyKey = v7()
  return {
    call: trpc('restoreTodo', { idempotencyKey, id }),
    expected: 'ok',
    effects: ['made', 'deleted', 'restored'],
    keys: [idempotencyKey],
    outcome: 'answer',
  }
}

function withoutKey(intent: Intent): Intent {
  const { idempotencyKey: _, ...body } = Object(intent.call.body)
  return { ...intent, call: { ...intent.call, body }, keys: [] }
}

function trpc(procedure: string, body: unknown): Call {
  return { path: `/api/trpc/${procedure}`, body }
}
