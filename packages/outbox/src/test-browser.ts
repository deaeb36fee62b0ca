import type fc from 'fast-check'
import { createMemoryStorage } from './memory-storage.ts'
import type { Storage, Tables } from './storage.ts'
import {
  answered,
  createLocks,
  createWorld,
  refused,
  type Said,
  type Tab,
  type Words,
} from './test-world.ts'
import type { Outgoing } from './transport.ts'

const mostDeaths = 3
const mostFailedLooks = 2

/** What becomes of one exchange with the server. */
export const networkFates = ['fair', 'fair', 'answer lost', 'request lost', 'late', 'busy'] as const
/** What becomes of one transaction of the storage: made, not made, or made and not told. */
export const storageFates = [...Array<'fair'>(12).fill('fair'), 'failed', 'cut off'] as const
/** What the server makes of a key, for good. */
export const verdicts = ['made', 'made', 'made', 'expired', 'declined'] as const
/** What is next: something that is under way goes on, time passes, the network is back, or a page dies. */
export const moves = [...Array<'go on'>(12).fill('go on'), 'time', 'time', 'wake', 'death'] as const

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
  seen: Map<string, number>
}) {
  const { scheduler, submissions, isLocked, seen } = settings
  const world = createWorld()
  const see = (kind: string) => seen.set(kind, (seen.get(kind) ?? 0) + 1)
  const turn = (what: string) => scheduler.schedule(Promise.resolve(), what)
  const intents = new Map<string, Given>(submissions.map((each, at) => [`key-${at}`, each]))
  const server = createServer(intents, see)
  const memory = createMemoryStorage()
  const locks = isLocked ? createLocks() : undefined
  /** As they came to lie in the storage. */
  const order: string[] = []
  const dead = new Set<number>()
  const discarding = new Set<string>()
  /** What a page was told of its words; nothing when it died before. */
  const kept = new Map<string, 'kept' | 'given back' | 'given back, and still in the storage'>()
  const looks = new Map<string, number>()
  let lying = new Set<string>()
  let pages = 0
  let mints = 0
  let freezes = 0

  async function write<T>(page: number, work: (tables: Tables) => Promise<T>): Promise<T> {
    const fate = browser.disk
    see(fate)
    await turn('is written')
    if (dead.has(page)) return never()
    if (fate === 'failed') throw new Error('The storage failed.')
    const added: string[] = []
    const result = await memory.write((tables) =>
      work({
        ...tables,
        addEntry(entry) {
          added.push(String(entry.id))
          return tables.addEntry(entry)
        },
      }),
    )
    order.push(...added)
    lying = new Set((await memory.read((tables) => tables.entries())).map(({ id }) => String(id)))
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
    if (fate === 'fair' || (found !== undefined && looks.get(found) === mostFailedLooks)) {
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
    return Object.assign(world.open({ locks, open: async () => storage }), { page })
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
    await tab(at)
      .add({ key, orderingKey, intent: { say: key } })
      .then(
        () => kept.set(key, 'kept'),
        () => {
          see('given back')
          kept.set(key, lying.has(key) ? 'given back, and still in the storage' : 'given back')
        },
      )
  }

  for (const [key, { tab: at }] of intents) void add(key, at)

  const browser = {
    network: 'fair' as NetworkFate,
    disk: 'fair' as StorageFate,
    intents,
    order,
    kept,
    attempts: world.attempts,
    effects: server.effects,

    async move(what: (typeof moves)[number]): Promise<void> {
      if (what === 'death' && dead.size < mostDeaths) {
        see('death')
        const at = dead.size % 2
        dead.add(tab(at).page)
        tab(at).close()
        tabs[at] = open()
      } else if (what === 'wake') world.wake()
      else if (what === 'time' || scheduler.count() === 0) world.advance(60_000)
      else await scheduler.waitOne()
      // All that can go on without a move has gone on when this turn of the event loop is over.
      await new Promise(setImmediate)
    },

    discardDeclined(): void {
      for (const { id, status } of tab(0).getSnapshot().entries) {
        if (status.state !== 'needs_person' || discarding.has(id)) continue
        discarding.add(id)
        void tab(0).discard(id)
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
function createServer(intents: ReadonlyMap<string, Given>, see: (kind: string) => void) {
  const effects: { readonly key: string; readonly body: { readonly version?: number } }[] = []
  const answers = new Map<string, Said>()

  function hear({ key, body }: Outgoing<Words>): Said {
    const { orderingKey, verdict } = intents.get(nameIn(key)) as Given
    see(verdict)
    const before = answers.get(key)
    if (before !== undefined) return before
    if (verdict === 'declined') return refused('never')
    if (verdict === 'expired' && key === nameIn(key)) return refused('new_key')
    effects.push({ key, body: JSON.parse(body) })
    const earlier = effects.filter(
      (each) => intents.get(nameIn(each.key))?.orderingKey === orderingKey,
    )
    const answer = answered(earlier.length)
    answers.set(key, answer)
    return answer
  }

  return { effects, hear }
}

/** Of an intent whose key was replaced as well. */
export function nameIn(key: string): string {
  return key.split('/')[0] ?? key
}

function never(): Promise<never> {
  return new Promise(() => undefined)
}
