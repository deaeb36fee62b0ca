import type pg from 'pg'
import { isPgPool } from '../pg/is-pg-pool.ts'

/** The internals of a client that name the pool of `new PrismaPg(pool)`. */
type Inside = {
  readonly _engineConfig?: { readonly adapter?: { readonly externalPool?: unknown } }
}

/**
 * The pool of `pg` that was given to the driver adapter of a client. The types of a
 * client do not show it. Without it, also in a release of Prisma that keeps it
 * elsewhere, a transaction takes more round trips and nothing else changes.
 */
export function poolOf(client: object): pg.Pool | undefined {
  const pool = (client as Inside)._engineConfig?.adapter?.externalPool
  return isPgPool(pool) ? pool : undefined
}
