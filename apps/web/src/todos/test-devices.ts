import type { Client } from '@idem/client/create-client'
import { createOutbox, createServerClock } from '@idem/outbox'
import { mergeOptimistic, type Row, type TodoList } from './list/merge-optimistic.ts'
import type { Change, Shown } from './operations/operation.ts'
import { type Intent, operationOf, shownBefore } from './operations/operations.ts'
import { createChangeAgain, discardAll, isEditable } from './rows/row-changes.ts'
import type { TodoOutbox } from './sending/intent.ts'
import { learnVersions, type OwnVersions } from './sending/own-versions.ts'
import { createSubmissions, type TodoSubmission } from './sending/submissions.ts'
import { decisionOf } from './status/decision-text.ts'
import { createTodoServer, type Received } from './test-todo-server.ts'
import { testTransport } from './test-transport.ts'
import { type Undoable, undo } from './undo/undoable.ts'

/** The changes that a person makes, and can undo. */
export const changes = ['rename', 'rename', 'complete', 'complete', 'remove'] as const
/** Decisions, the network, and the time. */
export const events = [
  ...(['add', 'keep mine', 'decide', 'discard'] as const),
  ...(['exchange', 'answer lost', 'request lost', 'a minute passes', 'a day passes'] as const),
] as const

type Kind = (typeof changes)[number] | (typeof events)[number] | 'undo' | 'read'
type Fate = 'fair' | 'answer lost' | 'request lost'

/** A device, on which some things happen. */
export type Move = {
  readonly device: number
  readonly kinds: readonly Kind[]
  /** Whether the device reads the list first. */
  readonly isRead: boolean
  /** Whether the server answers all that the device has to send afterwards. */
  readonly isAnswered: boolean
}

const dayMs = 86_400_000
const minuteMs = 60_000

/** Tests only: two devices of one person, with the real outbox, undo and decisions of the page, and a server. */
export function createDevices() {
  let time = Date.parse('2026-11-24T10:00:00.000Z')
  const now = () => time
  /** Values of another device that were overwritten although the person had not seen them. */
  const overwritten: string[] = []
  const server = createTodoServer(now, ({ device, key, member, value }) => {
    const seen = devices.find(({ name }) => name === device)?.seenBy(key)?.[member]
    if (value !== seen) overwritten.push(`${member} ${value} by ${device}, which saw ${seen}`)
  })
  const devices = ['A', 'B'].map((name) => createDevice({ name, now, server }))
  const pass = (ms: number) => {
    time += ms
    for (const { elapse } of devices) elapse()
  }

  return {
    server,
    overwritten,
    async move({ device: at, kinds, isRead, isAnswered }: Move): Promise<void> {
      const device = devices[at % 2]
      for (const kind of isRead ? ['read', ...kinds] : kinds) {
        pass(1)
        if (kind === 'a day passes') {
          pass(dayMs + 1)
          server.forget()
        } else if (kind === 'a minute passes') pass(minuteMs)
        else await device?.move(kind)
        await turn()
      }
      while (isAnswered && device?.answer('fair')) await turn()
    },
    /** Everything is answered, and what needs a decision is discarded. */
    async settle(): Promise<void> {
      for (let rounds = 0; !devices.every(({ isDone }) => isDone()); rounds += 1) {
        if (rounds === 1_000) throw new Error('It does not come to an end.')
        if (devices.every(({ isIdle }) => isIdle())) pass(minuteMs)
        for (const device of devices) {
          device.answer('fair')
          await device.move('discard')
        }
        await turn()
      }
    },
    [Symbol.dispose]() {
      for (const { stop } of devices) stop()
    },
  }
}

/** Afterwards all is done that needs no answer of the server. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function createDevice({
  name,
  now,
  server,
}: {
  readonly name: string
  readonly now: () => number
  readonly server: ReturnType<typeof createTodoServer>
}) {
  const timers = new Set<{ readonly at: number; readonly run: () => void }>()
  const exchanges: ((fate: Fate) => void)[] = []
  const clock = createServerClock(now)
  const submissions = createSubmissions(clock)
  /** The intent behind each key: it has what the person saw. */
  const intents = new Map<string, Intent>()
  const own: OwnVersions = new Map()
  const stack: Undoable[] = []
  let list: TodoList = { todos: [], askedAt: 0 }
  let texts = 0

  function exchange<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      exchanges.push((fate) => {
        const lost = new Error(fate)
        if (fate === 'request lost') return reject(lost)
        try {
          const result = work()
          if (fate === 'answer lost') reject(lost)
          else resolve(result)
        } catch (error) {
          reject(fate === 'answer lost' ? lost : error)
        }
      })
    })
  }

  const mutation = (operation: Intent['operation']) => ({
    mutate: (input: Received) => exchange(() => server.receive(name, operation, input)),
  })
  const client = {
    createTodo: mutation('createTodo'),
    deleteTodo: mutation('deleteTodo'),
    restoreTodo: mutation('restoreTodo'),
    updateTodo: mutation('updateTodo'),
    cancel: { mutate: (input: Received) => exchange(() => server.cancel(input)) },
    getTodo: { query: (input: Received) => exchange(() => server.getTodo(input)) },
    policy: {
      query: async () => ({ serverTime: new Date(now()).toISOString(), ledgerEpoch: 'epoch' }),
    },
    // The transport uses no other procedure.
  } as unknown as Client

  const outbox: TodoOutbox = createOutbox({
    name,
    clock,
    ...testTransport(() => client, { clock }),
    platform: {
      now,
      monotonic: now,
      random: () => 0.5,
      later(ms, run) {
        const timer = { at: now() + ms, run }
        timers.add(timer)
        return () => timers.delete(timer)
      },
      locks: undefined,
      open: () => Promise.reject(new Error('In memory.')),
      persist: () => undefined,
      join: () => ({ changed: () => undefined, leave: () => undefined }),
      onWake: () => () => undefined,
    },
  })
  const todos = { outbox, ...submissions }
  const changeAgain = createChangeAgain(todos)
  const stop = outbox.start()
  outbox.subscribe(() => {
    const { entries, settled } = outbox.getSnapshot()
    for (const { key, intent } of entries) intents.set(key, intent)
    learnVersions(own, settled)
  })

  const rows = () => mergeOptimistic(list, outbox.getSnapshot())
  const askedRow = () => rows().find((row) => decisionOf(row) !== undefined)

  function add(submission: TodoSubmission): void {
    void outbox.add(submission).written
    stack.push(submission)
  }

  function change(row: Row | undefined, to: (row: Row) => Change): void {
    if (row === undefined || !isEditable(row) || row.entry?.status.state === 'needs_person') return
    add(submissions.change('updateTodo', row, to(row)))
  }

  const people: Record<string, (row: Row | undefined) => unknown> = {
    // Two devices meet at one todo more often than at many.
    add: () => rows().length === 0 && outbox.add(submissions.create(nextText())),
    rename: (row) => change(row, () => ({ title: nextText() })),
    complete: (row) => change(row, ({ completed }) => ({ completed: !completed })),
    remove(row) {
      if (row === undefined || row.entry !== undefined) return
      add(submissions.change('deleteTodo', row))
    },
    exchange: () => answer('fair'),
    'answer lost': () => answer('answer lost'),
    'request lost': () => answer('request lost'),
    undo() {
      const last = stack.pop()
      return last && undo(todos, last, own)
    },
    read() {
      list = { todos: server.list(), askedAt: now() }
    },
    'keep mine'() {
      const row = askedRow()
      return row && decisionOf(row)?.actions.includes('keep_mine') && changeAgain(row)
    },
    decide() {
      const row = askedRow()
      const actions = (row && decisionOf(row)?.actions) ?? []
      if (actions.includes('try_again')) return row?.entry && outbox.retry(row.entry.id)
      return people.discard?.(undefined)
    },
    discard() {
      const { id, entry } = askedRow() ?? {}
      if (id === undefined || entry === undefined) return
      return operationOf(entry.intent).makesTodo ? discardAll(todos, id) : outbox.discard(entry.id)
    },
  }

  /** The server receives what was sent first; false if nothing was. */
  function answer(fate: Fate): boolean {
    const first = exchanges.shift()
    first?.(fate)
    return first !== undefined
  }

  function nextText(): string {
    texts += 1
    return `${name}${texts}`
  }

  return {
    name,
    stop,
    seenBy(key: string): Shown | undefined {
      const intent = intents.get(key)
      return intent && shownBefore(intent)
    },
    isIdle: () => exchanges.length === 0,
    isDone: () => outbox.getSnapshot().ready && outbox.getSnapshot().entries.length === 0,
    elapse(): void {
      for (const timer of timers) {
        if (timer.at <= now() && timers.delete(timer)) timer.run()
      }
    },
    answer,
    async move(kind: string): Promise<void> {
      await people[kind]?.(rows()[0])
    },
  }
}
