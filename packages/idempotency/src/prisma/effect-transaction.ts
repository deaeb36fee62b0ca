import type { Query } from '../adapter.ts'
import { failure } from '../pg/pool/verify-commit.ts'
import { intercepted, refusedCall } from './intercepted.ts'
import { createSavepoints, type Savepoints } from './savepoints.ts'

/** The members of every client and every transaction of Prisma, independent of its models. */
export type RawQueries = {
  $queryRawUnsafe<T>(text: string, ...values: unknown[]): PromiseLike<T>
}

/** The statements of an effect go through it. */
export type Gate = {
  isClosed: boolean
  /** Why nothing more may be sent; undefined while calls are allowed. */
  refusal(): Error | undefined
  /** Records a call that is sent. */
  sent<Call extends PromiseLike<unknown>>(call: Call): Call
  /** Nothing more is sent afterwards. Resolves when all sent calls are answered. */
  close(): Promise<void>
  /**
   * Closes it after an effect that has succeeded.
   *
   * @throws an error that says that nothing is committed, when a nested transaction was still running,
   * which would be committed by half
   */
  expectEnd(): Promise<void>
}

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
  let parts: Savepoints | undefined
  const gate = createGate(() => parts)
  const whole: Tx = intercepted(tx, {
    target: () => gate.refusal() ?? tx,
    answered: (answer) => (isCall(answer) ? gatedCall(answer, gate) : answer),
    own: { $transaction: inPart },
  })
  gates.set(whole, gate)

  async function inPart(input: Input<Tx>, { isolationLevel }: Options = {}): Promise<unknown> {
    if (isolationLevel !== undefined && isolationLevel !== 'ReadCommitted') {
      throw new Error(
        `A $transaction with the isolation level ${isolationLevel} inside an effect was refused; leave it out, or lock the rows.`,
      )
    }
    parts ??= createSavepoints(queryIn(whole))
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

/** `parts` returns undefined while no transaction was nested. */
function createGate(parts: () => Savepoints | undefined): Gate {
  const unanswered = new Set<PromiseLike<unknown>>()
  /** The gate was closed while a nested transaction was running. */
  let isCut = false
  const gate: Gate = {
    isClosed: false,
    refusal: () => (gate.isClosed || parts()?.isInFailed() ? new Error(tooLate) : undefined),
    sent(call) {
      const answered = () => unanswered.delete(call)
      unanswered.add(call)
      call.then(answered, answered)
      return call
    },
    // One call of Prisma may be several statements, and the last of them may be sent only later.
    async close() {
      isCut ||= !gate.isClosed && parts()?.isRunning() === true
      gate.isClosed = true
      await Promise.allSettled(unanswered)
    },
    async expectEnd() {
      await gate.close()
      if (isCut) throw failure('25P02', unawaited)
    },
  }
  return gate
}

const tooLate =
  'A statement was refused after the end of its effect or $transaction; await everything that an effect starts.'
const unawaited =
  'An effect was rolled back because a $transaction inside it was still running; await everything that an effect starts.'

/**
 * The only use of `$queryRawUnsafe`. It is called unsafe because it takes the
 * statement as a string. The callers use a plain query function so that they do
 * not depend on Prisma; their statements are constants, and every value is bound.
 */
export function queryIn(tx: RawQueries): Query {
  // Awaited here, because Prisma sends a call only when it is awaited.
  return async (text, values) => await tx.$queryRawUnsafe(text, ...values)
}
