/**
 * The transaction of an effect: after `revoke` it sends nothing more.
 *
 * The danger: one branch of an effect fails while another still waits for its
 * statement. The next statement of that branch is queued behind the ROLLBACK, and
 * runs by itself or in the transaction of another request: half of an effect
 * stays, and the retry repeats it.
 */
export function revocableTransaction<Tx extends object>(whole: Tx): Tx {
  const revocable: Tx = gated(whole, () => revoked.has(revocable))
  return revocable
}

export function revoke(revocable: object): void {
  revoked.add(revocable)
}

const revoked = new WeakSet<object>()

function gated<Tx extends object>(tx: Tx, isRevoked: () => boolean): Tx {
  return new Proxy(tx, {
    get(_, name, receiver) {
      if (isRevoked()) return refused
      return name === 'transaction' ? partOf(tx, isRevoked) : Reflect.get(tx, name, receiver)
    },
  })
}

type Work = (part: object) => Promise<unknown>

/** A nested transaction ends with it. */
function partOf(tx: object, isRevoked: () => boolean) {
  // Every transaction of Drizzle can open a nested one.
  const { transaction } = tx as { transaction(work: Work, config?: object): Promise<unknown> }
  return (work: Work, config?: object) =>
    transaction.call(tx, (part) => work(gated(part, isRevoked)), config)
}

/** Replaces any method and its result: a statement, however it is built, rejects when it is awaited. */
const refused: object = new Proxy(() => refused, {
  get: (_, name) => (name === 'then' ? reject : refused),
  apply: () => refused,
})

function reject(_: unknown, rejected: (error: Error) => void): void {
  rejected(new Error(tooLate))
}

const tooLate =
  'A statement was sent through the transaction of an effect that has ended, so it was refused; await everything that an effect starts.'
