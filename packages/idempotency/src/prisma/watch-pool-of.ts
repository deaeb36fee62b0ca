import { guardPool, isPgPool } from '../pg/pool/pool-guard.ts'
import { watchConnections } from '../pg/transaction/direct-connection.ts'

/** The internals of a client that name its driver adapter. */
type Inside = { readonly _engineConfig?: { readonly adapter?: DriverAdapters } }

/** `PrismaPg`, from which a client gets its driver adapter when it connects. */
type DriverAdapters = {
  /** The argument of `new PrismaPg(pool)`. */
  readonly externalPool?: unknown
  connect?(): Promise<{ underlyingDriver?(): unknown }>
}

/**
 * Guards the pool of `pg` below a client, also the one that `PrismaPg` opens itself
 * when the client connects. The types of a client do not show it. Without it, also in a
 * release of Prisma that keeps it elsewhere, a transaction takes more round trips, and
 * the faults that the guard and `directConnection` prevent are those of Prisma again.
 */
export function watchPoolOf(client: object): void {
  const adapters = (client as Inside)._engineConfig?.adapter
  watch(adapters?.externalPool)
  // A method of the class, unless it was replaced before.
  if (adapters?.connect === undefined || Object.hasOwn(adapters, 'connect')) return
  const connect = adapters.connect.bind(adapters)
  adapters.connect = async () => {
    const adapter = await connect()
    watch(adapter.underlyingDriver?.())
    return adapter
  }
}

function watch(pool: unknown): void {
  if (isPgPool(pool)) watchConnections(guardPool(pool))
}
