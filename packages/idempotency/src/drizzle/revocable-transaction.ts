/**
 * The transaction as an effect gets it: after `revoke` it sends nothing more.
 *
 * The danger: one branch of an effect fails while another still waits for its
 * statement. What that one sends next is queued behind the ROLLBACK, and runs
 * by itself or in the transaction of a stranger: half an effect stays, and the
 * retry makes it again.
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

/** A part of the transaction ends with it. */
function partOf(tx: object, isRevoked: () => boolean) {
  // Every transaction of Drizzle can open a part of itself.
  const { transaction } = tx as { transaction(work: Work, config?: object): Promise<unknown> }
  return (work: Work, config?: object) =>
    transaction.call(tx, (part) => work(gated(part, isRevoked)), config)
}

/** In place of any method, and of what it gives: a statement, however it is built, rejects when it is awaited. */
const refused: object = new Proxy(() => refused, {
  get: (_, name) => (name === 'then' ? reject : refused),
  apply: () => refused,
})

function reject(_: unknown, rejected: (error: Error) => void): void {
  rejected(new Error(tooLate))
}

const tooLate =
  'A statement was sent through the transaction of an effect that has ended, so it was refused; await everything that an effect starts.'
