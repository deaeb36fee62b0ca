import { AsyncLocalStorage } from 'node:async_hooks'

/** Its transaction, until the commit. Work that the effect left behind is outside from then on. */
export type Effect = { tx: object | undefined }

/** The effect in progress, if there is one. */
export type CurrentEffect = AsyncLocalStorage<Effect | undefined>

/**
 * Stored on the client and not in a map of this module: bundlers load a module
 * twice, and a client is often kept on `globalThis` while modules are reloaded.
 */
const key = Symbol.for('@idem/idempotency: current effect')

/** Undefined for a client that does not track whether it is inside an effect. */
export function currentEffectOf(client: object): CurrentEffect | undefined {
  // Only its own: an extended client inherits from its base, whose transactions lack the extensions.
  return Object.getOwnPropertyDescriptor(client, key)?.value
}

/** The same, and starts to track. In development the client itself is refused inside an effect. */
export function trackEffects(client: object): CurrentEffect {
  const tracked = currentEffectOf(client)
  if (tracked !== undefined) return tracked
  const current: CurrentEffect = new AsyncLocalStorage()
  Object.defineProperty(client, key, { value: current, configurable: true })
  if (isDevelopment()) refuseInside(client, current)
  return current
}

export function isDevelopment(): boolean {
  return process.env.NODE_ENV !== 'production'
}

/** The internals of a client, of Prisma 6 or 7, that the check needs. Without them there is no check. */
type Inside = Record<string, unknown> & { readonly _originalClient?: Inside }

/** Every call of a model and every raw statement goes through the first one, also from a model in a variable. */
const entries = ['_createPrismaPromise', '$transaction'] as const

/**
 * The danger: code imports a global client. Its writes escape the transaction of
 * the effect, so they stay when it fails, and its retry repeats them; with a pool
 * of one connection the two wait for each other.
 */
function refuseInside(client: object, current: CurrentEffect): void {
  // The types of a generated client do not show its internals.
  const inside = client as Inside
  const original = inside._originalClient ?? inside
  for (const name of entries) {
    const entry = original[name]
    if (typeof entry !== 'function') continue
    original[name] = function (this: object, ...input: unknown[]): unknown {
      // Transactions inherit the second one, but cannot connect.
      if (current.getStore()?.tx !== undefined && '$connect' in this) throw new Error(escaped)
      return entry.apply(this, input)
    }
  }
}

const escaped =
  'A Prisma client was used inside an effect, outside the transaction of the effect: its writes would stay if the effect failed, and a retry would repeat them. Use the transaction that the effect gets, or export `transactional(client)` from @idem/idempotency/prisma in place of the client, and give that to prismaAdapter.'
