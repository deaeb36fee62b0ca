import { AsyncLocalStorage } from 'node:async_hooks'
import type { Gate } from './effect-transaction.ts'
import { refusedCall } from './intercepted.ts'

export type Effect = {
  /** The client of the adapter, without `transactional`. */
  readonly client: object
  /** The name of the function that runs it, by which a call finds its effect, see `nameOfCaller`. */
  readonly name: string
  readonly tx: object
  readonly gate: Gate
}

/** It is on `globalThis` and not in this module, because bundlers load a module twice. */
const shared = globalThis as { [key: symbol]: unknown }
const key = Symbol.for('@idem/idempotency: current effect')
shared[key] ??= new AsyncLocalStorage()

/** The effect that the caller belongs to, of any client, also after its end. */
export const currentEffect = shared[key] as AsyncLocalStorage<Effect | undefined>

const prefix = 'idem effect '

/** Runs the work of an effect, as a function with a name of its own, which the stack of its calls shows. */
export function runInEffect<T>(effect: Omit<Effect, 'name'>, work: () => Promise<T>): Promise<T> {
  // No other copy of this module gives this name.
  const name = prefix + crypto.randomUUID()
  // `await` keeps the function on the stack of what follows.
  const named = Object.defineProperty(async () => await work(), 'name', { value: name })
  return currentEffect.run({ ...effect, name }, named)
}

/**
 * The name of the function of `runInEffect` that called, or that awaits the caller: the stack of an
 * error has the async functions that wait for this one. Undefined if nothing like that waits.
 */
export function nameOfCaller(): string | null | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error
  Error.stackTraceLimit = Number.POSITIVE_INFINITY
  Error.prepareStackTrace = (_, sites) => sites.map((site) => site.getFunctionName())
  // The line above returns no text.
  const names = new Error().stack as unknown as (string | null)[]
  Object.assign(Error, { prepareStackTrace, stackTraceLimit })
  return names.find((name) => name?.startsWith(prefix))
}

/** A client of `transactional` has the client below it as this member. */
export const below = Symbol.for('@idem/idempotency: client')

export function clientBelow(client: object): object {
  return (client as { [below]?: object })[below] ?? client
}

/** The internals of a client, of Prisma 6 or 7, that the checks need. Without them there is no check. */
type Inside = Record<string | symbol, unknown> & { readonly _originalClient?: Inside }

/** Every call of a model and every raw statement goes through it, also from a model in a variable. */
const entryOfCalls = '_createPrismaPromise'

/**
 * The danger: code imports a global client. Its writes escape the transaction of
 * the effect, so they stay when it fails, and its retry repeats them; with a pool
 * of one connection the two wait for each other. A client extension does the same when it
 * opens a transaction of its own for each call, as one for row-level security does.
 *
 * In production only `$transaction` is checked: it is public, and calls do not pass through it.
 */
export function refuseInsideEffects(client: object): void {
  const original = originalOf(client)
  // A method of the class, unless another copy of this module has replaced it.
  if (Object.hasOwn(original, '$transaction')) return
  const isProduction = process.env.NODE_ENV === 'production'
  for (const name of ['$transaction', ...(isProduction ? [] : [entryOfCalls])]) {
    const entry = original[name]
    if (typeof entry !== 'function') continue
    original[name] = function (this: object, ...input: unknown[]): unknown {
      const effect = currentEffect.getStore()
      // Transactions inherit the first one, but cannot connect.
      const escapes =
        effect?.gate.isClosed === false &&
        originalOf(effect.client) === original &&
        '$connect' in this
      if (!escapes) return entry.apply(this, input)
      // Prisma expects a call of its own.
      if (name === entryOfCalls) throw new Error(escaped)
      return refusedCall(new Error(escaped))
    }
  }
}

// The types of a generated client do not show its internals.
function originalOf(client: object): Inside {
  const inside = client as Inside
  return inside._originalClient ?? inside
}

const escaped =
  'A Prisma client was used inside an effect, outside the transaction of the effect. Use the transaction that the effect gets, or a client of `transactional`; in place of an extension that opens transactions, as for row-level security, begin the effect with its set_config.'
