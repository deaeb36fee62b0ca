import type { Client } from '@idem/client/create-client'
import { createOutbox, createServerClock } from '@idem/outbox'
import { mergeOptimistic, type Row, type TodoList } from './list/merge-optimistic.ts'
import { type Answer, type Change, exists, type Shown } from './operations/operation.ts'
import { type Intent, operationOf, shownBefore } from './operations/operations.ts'
import { createChangeAgain } from './rows/change-again.ts'
import { discardEntry, isEditable } from './rows/row-changes.ts'
import type { TodoOutbox } from './sending/intent.ts'
import { createSubmissions, type TodoSubmission } from './sending/submissions.ts'
import { decisionOf } from './status/decision-text.ts'
import { createTodoServer, type Received } from './test-todo-server.ts'
import { testTransport } from './test-transport.ts'
import { createHistory } from './undo/history.ts'
import type { Part } from './undo/step.ts'

/** The changes that a person makes, and can undo. */
export const changes = ['rename', 'rename', 'complete', 'complete', 'remove'] as const
/** Decisions, the network, and the time. */
export const events = [
  ...(['add', 'keep mine', 'decide', 'discard'] as const),
  ...(['exchange', 'answer lost', 'request lost', 'a minute passes', 'a day passes'] as const),
] as const

type Kind = (typeof changes)[number] | (typeof events)[number] | 'undo' | 'redo' | 'read'
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
  const deviceOf = (device: string) => devices.find(({ name }) => name === device)
  const server = createTodoServer({
    now,
    onOverwriting({ device, key, member, value }) {
      const seen = deviceOf(device)?.seenBy(key)?.[member]
      if (value !== seen) overwritten.push(`${member} ${value} by ${device}, which saw ${seen}`)
    },
    onEffect: (device, key) => deviceOf(device)?.onEffect(key),
  })
  const devices = ['A', 'B'].map((name) => createDevice({ name, now, server }))
  const pass = (ms: number) => {
    time += ms
    for (const { elapse } of devices) elapse()
  }

  return {
    server,
    overwritten,
    /** Intents without an end or an effect, and such with two. */
    faults: () => devices.flatMap(({ faults }) => faults()),
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
  const entryOf = new Map<string, string>()
  const effects = new Map<string, number>()
  const ends = new Map<string, Answer | 'discarded'>()
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

  const real: TodoOutbox = createOutbox({
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
  const outbox: TodoOutbox = {
    ...real,
    add(submission) {
      const added = real.add(submission)
      added.answer.then(
        (answer) => ends.set(added.key, answer),
        () => ends.set(added.key, 'discarded'),
      )
      intents.set(added.key, submission.intent)
      entryOf.set(added.key, added.key)
      return added
    },
  }
  const todos = { outbox, ...submissions }
  const history = createHistory(todos, () => undefined)
  const changeAgain = createChangeAgain(todos, (key, by) => void history.replace(key, by))
  const stop = outbox.start()
  outbox.subscribe(() => {
    for (const { key, id, intent } of outbox.getSnapshot().entries) {
      entryOf.set(key, id)
      intents.set(key, intent)
    }
  })

  const rows = () => mergeOptimistic(list, outbox.getSnapshot())
  const askedRow = () => rows().find((row) => decisionOf(row) !== undefined)

  function add(submission: TodoSubmission): void {
    void outbox.add(submission).written
    void history.record([submission])
  }

  function change(row: Row | undefined, to: (row: Row) => Change): void {
    if (row === undefined || !isEditable(row) || row.entry?.status.state === 'needs_person') return
    add(submissions.change('updateTodo', row, to(row)))
  }

  const people: Record<string, (row: Row | undefined) => unknown> = {
    // Two devices meet at one todo more often than at many.
    add: () => rows().length === 0 && add(submissions.create(nextText())),
    rename: (row) => change(row, () => ({ title: nextText() })),
    complete: (row) => change(row, ({ completed }) => ({ completed: !completed })),
    remove(row) {
      if (row === undefined || row.entry !== undefined) return
      add(submissions.change('deleteTodo', row))
    },
    exchange: () => answer('fair'),
    'answer lost': () => answer('answer lost'),
    'request lost': () => answer('request lost'),
    undo: () => history.undo(),
    redo: () => history.redo(),
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
    async discard() {
      const entry = askedRow()?.entry
      if (entry === undefined) return
      const [first, ...more] = (await discardEntry(todos, entry)).map(
        ({ id, intent }): Part => ({ key: id, intent, isDiscarded: true }),
      )
      if (first) await history.record([first, ...more])
    },
  }

  /** A create may have had its effect before it was discarded and added again. */
  function effectsOf(id: string): number {
    const intent = intents.get(id)
    const isSame = (one: string) =>
      one === id || (intent && operationOf(intent).makesTodo && intents.get(one)?.id === intent.id)
    return [...effects].reduce((sum, [one, count]) => sum + (isSame(one) ? count : 0), 0)
  }

  function faultOf(id: string): string | undefined {
    const end = ends.get(id)
    const intent = intents.get(id)
    const count = effects.get(id) ?? 0
    if (end === undefined) return `${intent?.operation} without an end`
    if (count > 1) return `${intent?.operation} with ${count} effects`
    if (end === 'discarded' || !exists(end) || end.isFound) return undefined
    // A restore of a todo that stands changes nothing.
    if (intent?.operation === 'restoreTodo' || effectsOf(id) > 0) return undefined
    return `${intent?.operation} without an effect`
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
    onEffect(key: string): void {
      const id = entryOf.get(key) ?? key
      effects.set(id, (effects.get(id) ?? 0) + 1)
    },
    faults: () => [...new Set(entryOf.values())].flatMap((id) => faultOf(id) ?? []),
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
