import type fc from 'fast-check'
import { createMemoryStorage } from './storage/memory-storage.ts'
import { incarnationNote, type Storage, type Tables } from './storage/storage.ts'
import {
  type Answer,
  createLocks,
  createWorld,
  type Reply,
  refused,
  type Tab,
  type Words,
} from './test-world.ts'
import type { Cancelled, Outgoing } from './transport.ts'

const mostDeaths = 3
const mostFailedLooks = 2
const mostClears = 2
/** The windows of the keys that are ahead open after so many arrivals at the server. */
const opensAfter = 4

/** The fate of one exchange with the server. */
export const networkFates = ['fair', 'fair', 'answer lost', 'request lost', 'late', 'busy'] as const
/** The fate of one storage transaction: written, not written, written but not reported, or no room to write. */
export const storageFates = [
  ...Array<'fair'>(12).fill('fair'),
  'failed',
  'cut off',
  'full',
] as const
/** The permanent decision of the server about a key. `ahead`: it is refused for ever unless it first arrives after its window has opened. */
export const verdicts = ['made', 'made', 'made', 'expired', 'ahead', 'declined'] as const
/** Other events: a page dies, a person discards, or the storage is cleared. */
export const accidents = ['death', 'discard', 'clear'] as const
/** The next event: scheduled work continues, time passes, the clock jumps, the network is back, or an accident. */
export const moves = [
  ...Array<'go on'>(14).fill('go on'),
  ...(['time', 'time', 'clock', 'wake'] as const),
  ...accidents,
] as const
const clockJumps = [-40 * 86_400_000, -3_600_000, 3_600_000, 40 * 86_400_000]

type NetworkFate = (typeof networkFates)[number]
type StorageFate = (typeof storageFates)[number]

/** A submission by a person in one tab. */
export type Given = {
  readonly orderingKey: string
  readonly tab: number
  readonly verdict: (typeof verdicts)[number]
}

export type Browser = ReturnType<typeof createBrowser>

/** Tests only: one browser with two tabs, in which every step may be reordered, get lost, or die with its page. */
export function createBrowser(settings: {
  scheduler: fc.Scheduler
  submissions: readonly Given[]
  isLocked: boolean
  /**
   * The storage is cleared now and then; otherwise pages die and entries are
   * discarded. Not both: data that only a dead page had is lost with the storage, and
   * another tab that does not know of a discard yet would write the entry back.
   */
  isCleared: boolean
  seen: Map<string, number>
}) {
  const { scheduler, submissions, isLocked, isCleared, seen } = settings
  const world = createWorld()
  const see = (kind: string) => seen.set(kind, (seen.get(kind) ?? 0) + 1)
  const turn = (label: string) => scheduler.schedule(Promise.resolve(), label)
  const intents = new Map<string, Given>(submissions.map((each, at) => [`key-${at}`, each]))
  const server = createServer(intents, isCleared, see)
  let memory = createMemoryStorage()
  let clears = 0
  const locks = isLocked ? createLocks() : undefined
  /** In the order in which they were stored. */
  const order: string[] = []
  const dead = new Set<number>()
  const discarding = new Set<string>()
  const finishing = new Set<string>()
  /** Discarded before an attempt was sent, or cancelled before it had an effect. */
  const withoutEffect = new Set<string>()
  const losses = new Map<number, () => void>()
  /** The result that `written` reported; missing when the page died before. */
  const kept = new Map<string, 'kept' | 'given back' | 'given back, and still in the storage'>()
  /** The results of the promises of answers, and the page that has them. */
  const answers = new Map<string, { page: number; value?: Answer; reason?: unknown }>()
  const looks = new Map<string, number>()
  let lying = new Set<string>()
  let pages = 0
  let mints = 0
  let freezes = 0
  let clockAt = 0

  async function write<T>(page: number, work: (tables: Tables) => Promise<T>): Promise<T> {
    const fate = browser.disk
    see(fate)
    await turn('is written')
    if (dead.has(page)) return never()
    if (fate === 'failed') throw new Error('The storage failed.')
    if (fate === 'full') throw new DOMException('No room.', 'QuotaExceededError')
    const added: string[] = []
    const result = await memory.write((tables) =>
      work({
        ...tables,
        put(store, row) {
          if (store === 'entries' && row.seq === undefined) added.push(String(row.id))
          return tables.put(store, row)
        },
      }),
    )
    order.push(...added)
    lying = new Set(
      (await memory.read((tables) => tables.all('entries'))).map(({ id }) => String(id)),
    )
    await turn('is told to be written')
    if (dead.has(page)) return never()
    if (fate === 'cut off') throw new Error('The storage was cut off.')
    return result
  }

  /** After a few failed reads for one entry its read succeeds: otherwise it would be reported as not written. */
  async function read<T>(page: number, work: (tables: Tables) => Promise<T>): Promise<T> {
    const fate = browser.disk
    await turn('is read')
    if (dead.has(page)) return never()
    let found: string | undefined
    const result = await memory.read((tables) =>
      work({
        ...tables,
        entry(id) {
          found = `${page} ${id}`
          return tables.entry(id)
        },
      }),
    )
    if (
      fate === 'fair' ||
      fate === 'full' ||
      (found !== undefined && looks.get(found) === mostFailedLooks)
    ) {
      return result
    }
    if (found !== undefined) looks.set(found, (looks.get(found) ?? 0) + 1)
    throw new Error('The storage cannot be read.')
  }

  function open() {
    pages += 1
    const page = pages
    const storage: Storage = {
      durable: true,
      read: (work) => read(page, work),
      write: (work) => write(page, work),
    }
    const tab = world.open({
      locks,
      async open(_name, onLost) {
        losses.set(page, onLost)
        return storage
      },
    })
    return Object.assign(tab, { page })
  }

  world.serve = async (sent) => {
    const page = world.attempts.at(-1)?.tab ?? 0
    const fate = browser.network
    see(fate)
    await turn(`${sent.key} ${fate}`)
    if (fate === 'request lost') throw new Error(fate)
    if (fate === 'busy') return refused('same_key')
    if (fate === 'late') {
      void turn(`${sent.key} arrives`).then(() => server.receive(sent))
      return never()
    }
    const reply = server.receive(sent)
    await turn(`${sent.key} is told`)
    if (dead.has(page)) return never()
    if (fate === 'answer lost') throw new Error(fate)
    return reply
  }
  world.cancel = async (sent) => {
    const fate = browser.network
    await turn(`${sent.key} is cancelled: ${fate}`)
    if (fate === 'request lost') throw new Error(fate)
    const cancelled = server.cancel(sent)
    await turn(`${sent.key} is reported cancelled`)
    if (fate !== 'fair') throw new Error(fate)
    if (cancelled.state === 'cancelled') withoutEffect.add(nameIn(sent.key))
    else see('discarded too late')
    return cancelled
  }
  world.remint = async ({ key }) => {
    const fate = browser.network
    await turn(`${key} is minted again`)
    if (fate === 'request lost') throw new Error(fate)
    mints += 1
    return `${key}/${mints}`
  }

  // Freezing it a second time would give other bytes.
  world.freeze = (intent, predecessor) => {
    freezes += 1
    return { state: 'frozen', body: { ...intent, ...predecessor, freezes } }
  }

  const tabs = [open(), open()]
  const tab = (at: number) => tabs[at % 2] as (typeof tabs)[number]

  async function add(key: string, at: number): Promise<void> {
    await turn(`${key} is added`)
    const { orderingKey } = intents.get(key) as Given
    const { page } = tab(at)
    const { written, answer } = tab(at).add({ key, orderingKey, intent: { text: key } })
    answers.set(key, { page, reason: 'pending' })
    answer.then(
      (value) => answers.set(key, { page, value }),
      (error) => answers.set(key, { page, reason: error.reason ?? 'not written' }),
    )
    await written.then(
      () => kept.set(key, 'kept'),
      () => {
        see('given back')
        kept.set(key, lying.has(key) ? 'given back, and still in the storage' : 'given back')
      },
    )
  }

  for (const [key, { tab: at }] of intents) void add(key, at)

  function discardOne(at: number): void {
    const entry = tab(at).getSnapshot().entries.at(-1)
    if (entry === undefined || discarding.has(entry.id)) return
    discarding.add(entry.id)
    const wasSent = () => world.attempts.some(({ key }) => nameIn(key) === entry.id)
    tab(at)
      .discard(entry.id)
      .then(
        (isDiscarded) => {
          if (!isDiscarded || wasSent() || lying.has(entry.id)) return
          see('discarded unsent')
          withoutEffect.add(entry.id)
        },
        // Cut off, it may have been written all the same.
        () => undefined,
      )
  }

  /** The storage is empty, and another one than before. */
  function clear(): void {
    clears += 1
    const incarnation = `after ${clears}`
    memory = createMemoryStorage()
    lying = new Set()
    void memory.write((tables) => tables.putNote(incarnationNote, incarnation))
    for (const onLost of losses.values()) onLost()
  }

  const browser = {
    network: 'fair' as NetworkFate,
    disk: 'fair' as StorageFate,
    intents,
    order,
    kept,
    attempts: world.attempts,
    effects: server.effects,
    /** The promises of answers in pages that are alive, and the answers of the server. */
    answers: () =>
      [...answers]
        .filter(([, { page }]) => !dead.has(page))
        .map(([key, { value, reason }]) => ({ key, value, reason, reply: server.answerTo(key) })),
    isCleared,
    withoutEffect,
    discarding,

    async move(move: (typeof moves)[number]): Promise<void> {
      await this.happen(move)
      // All work that needs no further move is done when this turn of the event loop is over.
      await new Promise(setImmediate)
    },

    async happen(move: (typeof moves)[number]): Promise<void> {
      if (move === 'death' && !isCleared && dead.size < mostDeaths) {
        see('death')
        const at = dead.size % 2
        dead.add(tab(at).page)
        losses.delete(tab(at).page)
        tab(at).close()
        tabs[at] = open()
      } else if (move === 'clear' && isCleared && clears < mostClears) {
        see('clear')
        clear()
      } else if (move === 'discard' && !isCleared) discardOne(pages % 2)
      else if (move === 'clock') {
        see('clock')
        clockAt += 1
        world.setClock(clockJumps[clockAt % clockJumps.length] ?? 0)
      } else if (move === 'wake') world.wake()
      else if (move === 'time' || scheduler.count() === 0) world.advance(60_000)
      else await scheduler.waitOne()
    },

    /** Completes discards that a dead page began. */
    discardDeclined(): void {
      for (const { id, status } of tab(0).getSnapshot().entries) {
        if (status.state !== 'needs_person' || finishing.has(id)) continue
        finishing.add(id)
        discarding.add(id)
        tab(0)
          .discard(id)
          .catch(() => finishing.delete(id))
      }
    },

    isDone(): boolean {
      const isEmpty = ({ getSnapshot }: Tab) =>
        getSnapshot().ready && getSnapshot().entries.length === 0
      return scheduler.count() === 0 && tabs.every(isEmpty)
    },

    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
  return browser
}

/** Has an effect once per key, and records its effects. */
function createServer(
  intents: ReadonlyMap<string, Given>,
  /** Like the primary key of a todo: an existing id has no second effect, under any key. */
  isOncePerName: boolean,
  see: (kind: string) => void,
) {
  const effects: { readonly key: string; readonly body: { readonly version?: number } }[] = []
  const answers = new Map<string, Extract<Reply, { state: 'answered' }>>()
  const cancelled = new Set<string>()
  const fromFuture = new Set<string>()
  let arrivals = 0

  function receive({ key, body }: Outgoing<Words>): Reply {
    const { orderingKey, verdict } = intents.get(nameIn(key)) as Given
    see(verdict)
    arrivals += 1
    const before = answers.get(isOncePerName ? nameIn(key) : key)
    if (before !== undefined) return before
    if (cancelled.has(key)) return refused('never')
    if (verdict === 'declined') return refused('never')
    if (verdict === 'expired' && key === nameIn(key)) return refused('new_key')
    const isAhead = verdict === 'ahead' && key === nameIn(key) && arrivals <= opensAfter
    if (isAhead) fromFuture.add(key)
    if (fromFuture.has(key)) return refused('new_key')
    effects.push({ key, body: JSON.parse(body) })
    const earlier = effects.filter(
      (each) => intents.get(nameIn(each.key))?.orderingKey === orderingKey,
    )
    const answer = { state: 'answered', answer: { version: earlier.length } } as const
    answers.set(isOncePerName ? nameIn(key) : key, answer)
    return answer
  }

  function cancel({ key }: Outgoing<Words>): Cancelled<Answer> {
    const before = answers.get(isOncePerName ? nameIn(key) : key)
    if (before !== undefined) return before
    cancelled.add(key)
    return { state: 'cancelled' }
  }

  /** The answer to an intent, under any of its keys. */
  function answerTo(name: string): Answer | undefined {
    return [...answers].find(([key]) => nameIn(key) === name)?.[1].answer
  }

  return { effects, receive, cancel, answerTo }
}

/** The intent's name, also when its key was replaced. */
export function nameIn(key: string): string {
  return key.split('/')[0] ?? key
}

function never(): Promise<never> {
  return new Promise(() => undefined)
}
