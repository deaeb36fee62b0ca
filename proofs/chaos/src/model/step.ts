import fc from 'fast-check'
import type { Api, Filter } from './call.ts'

/** One step of a sequence. It refers to earlier calls by number, so that a shrunk sequence is still valid. */
export type Step =
  | (Target & {
      readonly do: 'create'
      readonly title: string
      readonly id: NewId
      readonly key: Key
    })
  | (Target & {
      readonly do: 'update'
      readonly todo: Named
      readonly version: Version | 'none'
      readonly title?: string
      readonly completed?: boolean
      readonly key: Key
    })
  | (Target & {
      readonly do: 'delete' | 'restore'
      readonly todo: Named
      readonly version: Version | 'none'
      readonly key: Key
    })
  /** An earlier call with a key, unchanged or with another title, by its owner or by this one. */
  | (Omit<Target, 'owner'> & {
      readonly do: 'retry'
      readonly owner?: Owner
      readonly call: number
      readonly title?: string
      readonly atBoth: boolean
    })
  | (Target & { readonly do: 'get'; readonly todo: Named })
  | (Target & { readonly do: 'list'; readonly filter: Filter; readonly limit: number })
  | (Target & { readonly do: 'outcomeOf' | 'cancel'; readonly key: Exclude<Key, { kind: 'none' }> })
  | { readonly do: 'pass'; readonly minutes: number }
  | { readonly do: 'clean' | 'restart'; readonly server: 0 | 1 }

/** The API and the server; where an API does not support the call, the other one. */
export type Target = { readonly owner: Owner; readonly api: Api; readonly server: 0 | 1 }

export type Owner = 0 | 1 | 2

export type Key =
  | { readonly kind: 'none' }
  | { readonly kind: 'opaque' }
  /** The offset of the minting time from now; negative is in the past. */
  | { readonly kind: 'timed'; readonly minutes: number }
  /** A key that was used before, for any call. */
  | { readonly kind: 'used'; readonly at: number }

/** An id in upper case is the same id. */
export type Named =
  | { readonly kind: 'known'; readonly at: number; readonly capitals: boolean }
  | { readonly kind: 'never'; readonly id: string }

export type NewId = { readonly kind: 'none' | 'fresh' } | Named

export type Version = 'right' | 'stale' | 'ahead'

const titles = ['Buy milk', '  Buy milk ', 'Buy MILK 100%', 'plan_b']
const nth = fc.nat(99)
/** Mostly one, whose sequence is then long. */
const owner = fc.constantFrom<Owner>(0, 0, 0, 0, 1, 1, 2)
const place = { api: fc.constantFrom<Api>('trpc', 'rest'), server: fc.constantFrom(0, 1) }
const target = { owner, ...place }
const title = fc.constantFrom(...titles)

/** Both sides of both edges of the window, and the minute after it, far enough away that the duration of a call does not matter. */
const mintedMinutes = [
  0,
  0,
  0,
  3,
  7,
  20 * 60 + 5,
  25 * 60 + 5,
  -(22 * 60 + 50),
  -23 * 60,
  -(23 * 60 + 10),
  -(46 * 60 + 50),
]
/** So that a key minted now is inside, at the edge, outside, and old enough to be forgotten. */
const passingMinutes = [30, 11 * 60 + 30, 21 * 60 + 30, 25 * 60]

const usedKey = fc.record({ kind: fc.constant('used'), at: nth })
const anyKey = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ kind: 'opaque' }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('timed'),
      minutes: fc.constantFrom(...mintedMinutes),
    }),
  },
  { weight: 2, arbitrary: usedKey },
)
const key = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ kind: 'none' }) },
  { weight: 3, arbitrary: anyKey },
)
const known = fc.record({ kind: fc.constant('known'), at: nth, capitals: fc.boolean() })
const neverThere = ['99', '0190a5d0-0000-7000-8000-000000000000']
const todo = fc.oneof(
  { weight: 8, arbitrary: known },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('never'), id: fc.constantFrom(...neverThere) }),
  },
)
const newId = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ kind: 'none' }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'fresh' }) },
  { weight: 1, arbitrary: known },
)
const version = fc.oneof(
  { weight: 2, arbitrary: fc.constant('right') },
  { weight: 2, arbitrary: fc.constantFrom('stale', 'ahead') },
  { weight: 1, arbitrary: fc.constant('none') },
)
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

const kinds: readonly [weight: number, arbitrary: fc.Arbitrary<unknown>][] = [
  [600, fc.record({ do: fc.constant('create'), ...target, title, id: newId, key })],
  [
    400,
    fc.record({
      do: fc.constant('update'),
      ...target,
      todo,
      version,
      title: maybe(title),
      completed: maybe(fc.boolean()),
      key,
    }),
  ],
  [300, fc.record({ do: fc.constant('delete'), ...target, todo, version, key })],
  [200, fc.record({ do: fc.constant('restore'), ...target, todo, version, key })],
  [700, fc.record({ do: fc.constant('retry'), ...place, call: nth, atBoth: fc.boolean() })],
  [200, fc.record({ do: fc.constant('retry'), ...target, call: nth, atBoth: fc.boolean() })],
  [
    150,
    fc.record({
      do: fc.constant('retry'),
      ...place,
      call: nth,
      title,
      atBoth: fc.boolean(),
    }),
  ],
  [150, fc.record({ do: fc.constant('get'), ...target, todo })],
  [
    150,
    fc.record({
      do: fc.constant('list'),
      ...target,
      limit: fc.constantFrom(1, 2, 50),
      filter: fc.record({
        show: fc.constantFrom('all', 'open', 'done'),
        search: maybe(fc.constantFrom('milk', 'MILK 1', '%', '_', '')),
      }),
    }),
  ],
  [150, fc.record({ do: fc.constant('outcomeOf'), ...target, key: anyKey })],
  [150, fc.record({ do: fc.constant('cancel'), ...target, key: anyKey })],
  [300, fc.record({ do: fc.constant('pass'), minutes: fc.constantFrom(...passingMinutes) })],
  [200, fc.record({ do: fc.constant('clean'), server: fc.constantFrom(0, 1) })],
  // It takes a second, as long as fifty other steps.
  [5, fc.record({ do: fc.constant('restart'), server: fc.constantFrom(0, 1) })],
]

/** Up to forty steps, which a failure shrinks to the few that are needed. */
export const sequences = fc.array(
  // Each element is a step; TypeScript does not infer that for the list.
  fc.oneof(...kinds.map(([weight, arbitrary]) => ({ weight, arbitrary }))) as fc.Arbitrary<Step>,
  { minLength: 1, maxLength: 40, size: 'max' },
)
