import type fc from 'fast-check'
import { createMemoryStorage } from './storage/memory-storage.ts'
import { incarnationNote, type Storage, type Tables } from './storage/storage.ts'
import {
  type Answer,
  createLocks,
  createWorld,
  refused,
  type Said,
  type Tab,
  type Words,
} from './test-world.ts'
import type { Cancelled, Outgoing } from './transport.ts'

const mostDeaths = 3
const mostFailedLooks = 2
const mostClears = 2

/** What becomes of one exchange with the server. */
export const networkFates = ['fair', 'fair', 'answer lost', 'request lost', 'late', 'busy'] as const
/** What becomes of one transaction of the storage: made, not made, made and not reported, or no room to write. */
export const storageFates = [
  ...Array<'fair'>(12).fill('fair'),
  'failed',
  'cut off',
  'full',
] as const
/** What the server makes of a key, for good. */
export const verdicts = ['made', 'made', 'made', 'expired', 'declined'] as const
/** What may happen besides: a page dies and a person discards, or somebody clears the storage. */
export const accidents = ['death', 'discard', 'clear'] as const
/** What is next: something that is under way goes on, time passes, the clock jumps, the network is back, or an accident. */
export const moves = [
  ...Array<'go on'>(14).fill('go on'),
  ...(['time', 'time', 'clock', 'wake'] as const),
  ...accidents,
] as const
const clockJumps = [-40 * 86_400_000, -3_600_000, 3_600_000, 40 * 86_400_000]

type NetworkFate = (typeof networkFates)[number]
type StorageFate = (typeof storageFates)[number]

/** Said by a person in one tab. */
export type Given = {
  readonly orderingKey: string
  readonly tab: number
  readonly verdict: (typeof verdicts)[number]
}

export type Browser = ReturnType<typeof createBrowser>

/** Tests only: one browser with two tabs, in which everything comes in its own time, gets lost, or dies. */
export function createBrowser(settings: {
  scheduler: fc.Scheduler
  submissions: readonly Given[]
  isLocked: boolean
  /**
   * The storage is cleared now and then; otherwise pages die and entries are
   * discarded. Not both: what only a dead page knew is lost with the storage, and
   * a discard that another tab has not heard of is undone by its writing back.
   */
  isCleared: boolean
  seen: Map<string, number>
}) {
  const { scheduler, submissions, isLocked, isCleared, seen } = settings
  const world = createWorld()
  const see = (kind: string) => seen.set(kind, (seen.get(kind) ?? 0) + 1)
  const turn = (what: string) => scheduler.schedule(Promise.resolve(), what)
  const intents = new Map<string, Given>(submissions.map((each, at) => [`key-${at}`, each]))
  const server = createServer(intents, isCleared, see)
  let memory = createMemoryStorage()
  let clears = 0
  const locks = isLocked ? createLocks() : undefined
  /** As they came to lie in the storage. */
  const order: string[] = []
  const dead = new Set<number>()
  const discarding = new Set<string>()
  const finishing = new Set<string>()
  /** Discarded before anything of them was sent, or cancelled before it had an effect. */
  const calledOff = new Set<string>()
  const losses = new Map<number, () => void>()
  /** What a page was told of its words; nothing when it died before. */
  const kept = new Map<string, 'kept' | 'given back' | 'given back, and still in the storage'>()
  /** What became of the promises of answers, and the page that has them. */
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

  /** Who looks for one entry is not disappointed for ever: beyond a few looks it is given up for not written. */
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
      void turn(`${sent.key} arrives`).then(() => server.hear(sent))
      return never()
    }
    const said = server.hear(sent)
    await turn(`${sent.key} is told`)
    if (dead.has(page)) return never()
    if (fate === 'answer lost') throw new Error(fate)
    return said
  }
  world.cancel = async (sent) => {
    const fate = browser.network
    await turn(`${sent.key} is cancelled: ${fate}`)
    if (fate === 'request lost') throw new Error(fate)
    const cancelled = server.cancel(sent)
    await turn(`${sent.key} is reported cancelled`)
    if (fate !== 'fair') throw new Error(fate)
    if (cancelled.state === 'cancelled') calledOff.add(nameIn(sent.key))
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

  // Frozen a second time it would not be the same bytes.
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
    const { written, answer } = tab(at).add({ key, orderingKey, intent: { say: key } })
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
          calledOff.add(entry.id)
        },
        // Cut off, it may have been made all the same.
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
    /** The promises of answers in pages that are alive, and what the server answered. */
    answers: () =>
      [...answers]
        .filter(([, { page }]) => !dead.has(page))
        .map(([key, { value, reason }]) => ({ key, value, reason, said: server.answerTo(key) })),
    isCleared,
    calledOff,
    discarding,

    async move(what: (typeof moves)[number]): Promise<void> {
      await this.happen(what)
      // All that can go on without a move has gone on when this turn of the event loop is over.
      await new Promise(setImmediate)
    },

    async happen(what: (typeof moves)[number]): Promise<void> {
      if (what === 'death' && !isCleared && dead.size < mostDeaths) {
        see('death')
        const at = dead.size % 2
        dead.add(tab(at).page)
        losses.delete(tab(at).page)
        tab(at).close()
        tabs[at] = open()
      } else if (what === 'clear' && isCleared && clears < mostClears) {
        see('clear')
        clear()
      } else if (what === 'discard' && !isCleared) discardOne(pages % 2)
      else if (what === 'clock') {
        see('clock')
        clockAt += 1
        world.setClock(clockJumps[clockAt % clockJumps.length] ?? 0)
      } else if (what === 'wake') world.wake()
      else if (what === 'time' || scheduler.count() === 0) world.advance(60_000)
      else await scheduler.waitOne()
    },

    /** Whatever a page that died began of it. */
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

/** Does a thing once by its key, and writes down what it does. */
function createServer(
  intents: ReadonlyMap<string, Given>,
  /** As the primary key of a todo does it: what has its id is done, whatever the key. */
  isOncePerName: boolean,
  see: (kind: string) => void,
) {
  const effects: { readonly key: string; readonly body: { readonly version?: number } }[] = []
  const answers = new Map<string, Extract<Said, { state: 'answered' }>>()
  const cancelled = new Set<string>()

  function hear({ key, body }: Outgoing<Words>): Said {
    const { orderingKey, verdict } = intents.get(nameIn(key)) as Given
    see(verdict)
    const before = answers.get(isOncePerName ? nameIn(key) : key)
    if (before !== undefined) return before
    if (cancelled.has(key)) return refused('never')
    if (verdict === 'declined') return refused('never')
    if (verdict === 'expired' && key === nameIn(key)) return refused('new_key')
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

  /** To an intent, under whichever key. */
  function answerTo(name: string): Answer | undefined {
    return [...answers].find(([key]) => nameIn(key) === name)?.[1].answer
  }

  return { effects, hear, cancel, answerTo }
}

/** Of an intent whose key was replaced as well. */
export function nameIn(key: string): string {
  return key.split('/')[0] ?? key
}

function never(): Promise<never> {
  return new Promise(() => undefined)
}
