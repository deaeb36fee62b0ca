import { failure } from '../pg/pool/verify-commit.ts'

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

type Parts = {
  /** Whether the caller belongs to a nested transaction that has failed. */
  isInFailed(): boolean
  isRunning(): boolean
}

export function createGate(parts: () => Parts): Gate {
  const unanswered = new Set<PromiseLike<unknown>>()
  /** The gate was closed while a nested transaction was running. */
  let isCut = false
  const gate: Gate = {
    isClosed: false,
    refusal: () => (gate.isClosed || parts().isInFailed() ? new Error(tooLate) : undefined),
    sent(call) {
      const answered = () => unanswered.delete(call)
      unanswered.add(call)
      call.then(answered, answered)
      return call
    },
    // One call of Prisma may be several statements, and the last of them may be sent only later.
    async close() {
      isCut ||= !gate.isClosed && parts().isRunning()
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
