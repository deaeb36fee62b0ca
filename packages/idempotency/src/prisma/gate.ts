/** The statements of an effect go through it. */
export type Gate = {
  isClosed: boolean
  /** It was closed while a nested transaction was running, which would be committed by half. */
  isCut: boolean
  /** Why nothing more may be sent; undefined while calls are allowed. */
  refusal(): Error | undefined
  /** Records a call that is sent. */
  sent<Call extends PromiseLike<unknown>>(call: Call): Call
  /** From now on nothing more is sent. Resolves when all sent calls are answered. */
  close(): Promise<void>
}

type Parts = {
  /** Whether the caller belongs to a nested transaction that has failed. */
  isInFailed(): boolean
  isRunning(): boolean
}

export function createGate(parts: () => Parts): Gate {
  const unanswered = new Set<PromiseLike<unknown>>()
  const gate: Gate = {
    isClosed: false,
    isCut: false,
    refusal: () => (gate.isClosed || parts().isInFailed() ? new Error(tooLate) : undefined),
    sent(call) {
      const answered = () => unanswered.delete(call)
      unanswered.add(call)
      call.then(answered, answered)
      return call
    },
    // One call of Prisma may be several statements, and the last of them may be sent only later.
    async close() {
      gate.isCut ||= !gate.isClosed && parts().isRunning()
      gate.isClosed = true
      await Promise.allSettled(unanswered)
    },
  }
  return gate
}

const tooLate =
  'A statement was sent after the end of its effect, or of a $transaction inside it, so it was refused; await everything that an effect starts.'
