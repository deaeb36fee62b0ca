import type { RawQueries } from './client-like.ts'
import { createGate, type Gate } from './gate.ts'
import { gatedMember } from './gated-member.ts'
import { createParts } from './parts.ts'
import { queryIn } from './query-in.ts'

/** The argument of `$transaction`: a function of the transaction, or calls that were not awaited. */
type Input<Tx> = ((tx: Tx) => Promise<unknown>) | readonly PromiseLike<unknown>[]

type Options = { readonly isolationLevel?: string }

/**
 * The transaction of an effect, in which `$transaction` is nested. Prisma 7 runs
 * `tx.$transaction([…])` in a transaction of its own, on another connection: such
 * writes stay when the effect fails, and its retry repeats them. Prisma 6 has no
 * such member.
 *
 * After `revoke` it sends nothing more. The danger: one branch of an effect
 * declines while another still writes, which would be committed with the refusal.
 */
export function effectTransaction<Tx extends RawQueries>(tx: Tx): Tx {
  const send = queryIn(tx)
  const gate = createGate(() => parts.isInFailed())
  const parts = createParts(async (text, values) => {
    const error = gate.refusal()
    if (error !== undefined) throw error
    return gate.sent(send(text, values))
  })
  const whole: Tx = new Proxy(tx, {
    get: (_, name) => (name === '$transaction' ? inPart : gatedMember(tx, name, gate)),
  })
  gates.set(whole, gate)

  async function inPart(input: Input<Tx>, { isolationLevel }: Options = {}): Promise<unknown> {
    if (isolationLevel !== undefined && isolationLevel !== 'ReadCommitted') {
      throw new Error(
        `$transaction was called with the isolation level ${isolationLevel} inside an effect, which is one transaction in READ COMMITTED; leave the level out, or lock the rows that must not change.`,
      )
    }
    return parts.add(async () => (typeof input === 'function' ? input(whole) : inOrder(input)))
  }

  return whole
}

const gates = new WeakMap<object, Gate>()

/** From now on the transaction sends nothing more for the effect. Resolves when all sent calls are answered. */
export async function revoke(tx: object): Promise<void> {
  await gates.get(tx)?.close()
}

export function isRevoked(tx: object): boolean {
  return gates.get(tx)?.isClosed === true
}

/** Prisma sends a call when it is awaited, in the transaction that created it. */
async function inOrder(calls: readonly PromiseLike<unknown>[]): Promise<unknown[]> {
  const results: unknown[] = []
  for (const call of calls) results.push(await call)
  return results
}
