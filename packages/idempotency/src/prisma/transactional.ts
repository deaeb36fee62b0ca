import {
  below,
  currentEffect,
  type Effect,
  nameOfCaller,
  refuseInsideEffects,
} from './current-effect.ts'
import { intercepted } from './intercepted.ts'

/**
 * A client that is the transaction of the effect inside an effect, and the client
 * itself outside: for code that imports a global client. Give the same client to
 * `prismaAdapter`.
 *
 * ```ts
 * export const db = transactional(new PrismaClient({ adapter }))
 * const idempotency = createIdempotency({ adapter: prismaAdapter(db) })
 * ```
 *
 * The `tx` that the effect gets is the safe way. A call of this client inside an effect is
 * refused unless the effect awaits it through async functions: a queue that several effects
 * share runs the work of one of them in the context of another, and nothing tells whose it is.
 *
 * Inside an effect `$transaction` is nested in the effect's transaction, with a
 * savepoint. Work that the effect started and did not await is refused after its end.
 */
export function transactional<Client extends object>(client: Client): Client {
  refuseInsideEffects(client)
  function targetIn(effect: Effect | undefined): object | Error {
    if (effect === undefined) return client
    if (effect.client !== client) return new Error(notItsOwn)
    const isKnown = effect.gate.isClosed || nameOfCaller() === effect.name
    return isKnown ? effect.tx : new Error(notItsOwn)
  }

  const $extends = () => {
    throw new Error(extendFirst)
  }
  const target = () => targetIn(currentEffect.getStore())
  return intercepted(client, { target, own: { [below]: client, $extends } })
}

const extendFirst = 'Extend a client before it is transactional: transactional(client.$extends(…)).'

const notItsOwn =
  'A client of `transactional` was used inside an effect of another client, or by code that the effect does not await. Use the transaction that the effect gets.'
