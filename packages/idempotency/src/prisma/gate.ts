/** The statements of an effect go through it. */
export type Gate = {
  readonly isClosed: boolean
  /** Why nothing more may be sent; undefined while calls are allowed. */
  refusal(): Error | undefined
  /** Records a call that is sent. */
  sent<Call extends PromiseLike<unknown>>(call: Call): Call
  /** From now on nothing more is sent. Resolves when all sent calls are answered. */
  close(): Promise<void>
}

export function createGate(isClosedHere: () => boolean): Gate {
  const unanswered = new Set<PromiseLike<unknown>>()
  let isClosed = false

  return {
    get isClosed() {
      return isClosed
    },
    refusal: () => (isClosed || isClosedHere() ? new Error(tooLate) : undefined),
    sent(call) {
      const answered = () => unanswered.delete(call)
      unanswered.add(call)
      call.then(answered, answered)
      return call
    },
    // One call of Prisma may be several statements, and the last of them may be sent only later.
    async close() {
      isClosed = true
      await Promise.allSettled(unanswered)
    },
  }
}

const tooLate =
  'A statement was sent in the transaction of an effect that has failed, or of a $transaction inside it, so it was refused; await everything that an effect starts.'
