import { createGate, type Gate } from './gate.ts'
import { intercepted, refusedCall } from './intercepted.ts'
import { queryIn, type RawQueries } from './query-in.ts'
import { createSavepoints } from './savepoints.ts'

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
export function effectTransaction<Tx extends RawQueries>(tx: Tx): { tx: Tx; gate: Gate } {
  const gate = createGate(() => parts)
  const whole: Tx = intercepted(tx, {
    target: () => gate.refusal() ?? tx,
    answered: (answer) => (isCall(answer) ? gatedCall(answer, gate) : answer),
    own: { $transaction: inPart },
  })
  const parts = createSavepoints(queryIn(whole))
  gates.set(whole, gate)

  async function inPart(input: Input<Tx>, { isolationLevel }: Options = {}): Promise<unknown> {
    if (isolationLevel !== undefined && isolationLevel !== 'ReadCommitted') {
      throw new Error(
        `A $transaction with the isolation level ${isolationLevel} inside an effect was refused; leave it out, or lock the rows.`,
      )
    }
    return parts.add(async () => (typeof input === 'function' ? input(whole) : inOrder(input)))
  }

  return { tx: whole, gate }
}

const gates = new WeakMap<object, Gate>()

/** The transaction sends nothing more for the effect. Resolves when all sent calls are answered. */
export async function revoke(tx: object): Promise<void> {
  await gates.get(tx)?.close()
}

/** Prisma sends a call when it is awaited, which may be long after it was created. */
function gatedCall(call: PromiseLike<unknown>, gate: Gate): PromiseLike<unknown> {
  return new Proxy(call, {
    get(_, name) {
      if (!settling.test(String(name))) return Reflect.get(call, name)
      return (...handlers: unknown[]) => {
        const error = gate.refusal()
        const answer = error === undefined ? gate.sent(call) : refusedCall(error)
        return Reflect.apply(Reflect.get(answer, name), answer, handlers)
      }
    },
  })
}

const settling = /^(then|catch|finally)$/

function isCall(answer: unknown): answer is PromiseLike<unknown> {
  return typeof Object(answer).then === 'function'
}

/** Prisma sends a call when it is awaited, in the transaction that created it. */
async function inOrder(calls: readonly PromiseLike<unknown>[]): Promise<unknown[]> {
  const results: unknown[] = []
  for (const call of calls) results.push(await call)
  return results
}
