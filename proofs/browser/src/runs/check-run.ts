import type { Effect, StoredTodo } from '@idem/chaos/effect-log'
import type { PassedRequest } from '@idem/test-support/http-proxy'
import type { Submission } from './ledger.ts'
import type { ExpectedTodo } from './run.ts'
import type { Operation } from './stored-submissions.ts'

/** The result of a run, after all faults have ended and the page shows "Saved". */
export type Evidence = {
  /** In the order in which the person created them. */
  readonly submissions: readonly Submission[]
  readonly expected: readonly ExpectedTodo[]
  readonly effects: readonly Effect[]
  readonly todos: readonly StoredTodo[]
  /** As they arrived at the proxy. */
  readonly requests: readonly PassedRequest[]
  /** Whether the clock of the device was changed: then the server replaces a key once. */
  readonly mayReplaceKeys: boolean
}

/** The broken guarantees, as sentences. */
export function violationsOf(evidence: Evidence): string[] {
  return [
    ...effectsOfSubmissions(evidence),
    ...unknownEffects(evidence),
    ...orderOfEffects(evidence),
    ...states(evidence),
    ...wire(evidence),
  ]
}

const kinds: Record<Operation, Effect['kind']> = {
  createTodo: 'made',
  updateTodo: 'changed',
  deleteTodo: 'deleted',
  restoreTodo: 'restored',
}

function effectsOfSubmissions({ submissions, effects }: Evidence): string[] {
  return submissions.flatMap((submission) => {
    const own = effects.filter((effect) => isOf(effect, submission))
    const wanted = kinds[submission.intent.operation]
    const isOnce = own.length === 1 || (own.length === 0 && submission.isDiscarded)
    if (isOnce && own.every(({ kind, id }) => kind === wanted && id === submission.intent.id)) {
      return []
    }
    const found = own.map(({ kind, title }) => `${kind} “${title}”`).join(', ') || 'no effect'
    return [`${named(submission)} has ${found}`]
  })
}

function unknownEffects({ submissions, effects }: Evidence): string[] {
  return effects
    .filter((effect) => !submissions.some((submission) => isOf(effect, submission)))
    .map(({ kind, title, by }) => `${kind} “${title}” by ${by}, which no device has stored`)
}

/** Effects of one todo come in the order of its submissions. */
function orderOfEffects({ submissions, effects }: Evidence): string[] {
  const places = effects
    .map((effect) => ({
      effect,
      place: submissions.findIndex((submission) => isOf(effect, submission)),
    }))
    .filter(({ place }) => place !== -1)
  return places.flatMap(({ effect, place }, at) => {
    const later = places
      .slice(0, at)
      .find((before) => before.effect.id === effect.id && before.place > place)
    return later ? [`${effect.kind} “${effect.title}” after ${later.effect.kind}`] : []
  })
}

function states({ expected, todos }: Evidence): string[] {
  const missing = expected
    .filter(({ isUncertain }) => !isUncertain)
    .filter((one) => !todos.some((todo) => isSame(one, todo)))
    .map((one) => {
      const stored = todos.find(({ id }) => id === one.id)
      return `expected ${JSON.stringify(one)}, stored ${JSON.stringify(stored)}`
    })
  const others = todos.filter(({ id }) => !expected.some((one) => one.id === id))
  return [...missing, ...others.map(({ title }) => `nobody added “${title}”`)]
}

function isSame(one: ExpectedTodo, { id, title, completed, deleted }: StoredTodo): boolean {
  const isEqual = one.title === title && one.completed === completed
  return one.id === id && one.isDeleted === deleted && isEqual
}

/** Every attempt of a submission has its key and the same bytes. */
function wire({ submissions, requests, mayReplaceKeys }: Evidence): string[] {
  const bodies = new Map<string, string>()
  return requests.flatMap(({ operation, body }) => {
    if (!Object.hasOwn(kinds, operation)) return []
    const key = keyIn(body)
    const submission = submissions.find(({ keys }) => keys.has(key))
    if (submission?.intent.operation !== operation) {
      return [`${operation} was sent under ${key}, which no device has stored for it`]
    }
    if (submission.keys.size > (mayReplaceKeys ? 2 : 1)) {
      return [`${named(submission)} was sent under ${submission.keys.size} keys`]
    }
    const before = bodies.get(key) ?? body
    bodies.set(key, body)
    return before === body ? [] : [`${named(submission)} was sent as ${before} and as ${body}`]
  })
}

function keyIn(body: string): string {
  return String(Object(JSON.parse(body)).idempotencyKey)
}

function isOf({ by }: Effect, { keys }: Submission): boolean {
  return by !== null && keys.has(by)
}

function named({ intent, keys }: Submission): string {
  return `${intent.operation} “${intent.title}” (${[...keys].join(', ')})`
}
