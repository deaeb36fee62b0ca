import { trackEffects } from './current-effect.ts'
import { isModel } from './gated-member.ts'

/** The members that a transaction does not have. */
const onlyOutside: ReadonlySet<string | symbol> = new Set([
  '$connect',
  '$disconnect',
  '$on',
  '$use',
])

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
 * Inside an effect `$transaction` is nested in the effect's transaction, with a
 * savepoint. Work that the effect started and did not await is outside once the
 * transaction is committed. After an effect that failed or declined such work is
 * refused, so nothing of it stays.
 */
export function transactional<Client extends object>(client: Client): Client {
  const current = trackEffects(client)
  const models = new Map<string | symbol, object>()

  function memberOf(owner: object, name: string | symbol): unknown {
    const member: unknown = Reflect.get(owner, name)
    return typeof member === 'function' ? member.bind(owner) : member
  }

  /** Decides at each call, because a model is often kept in a variable. */
  function modelOf(name: string | symbol, model: object): object {
    return new Proxy(model, {
      get: (_, method) => memberOf(Reflect.get(current.getStore()?.tx ?? client, name), method),
    })
  }

  return new Proxy(client, {
    get(_, name) {
      if (name === '$extends') throw new Error(extendFirst)
      const transaction = onlyOutside.has(name) ? undefined : current.getStore()?.tx
      const member = memberOf(transaction ?? client, name)
      if (!isModel(name, member)) return member
      const model = models.get(name) ?? modelOf(name, member)
      models.set(name, model)
      return model
    },
  })
}

const extendFirst =
  'A client of `transactional` was extended, but an extended client is another one, which no effect knows. Extend the client first: transactional(client.$extends(…)).'
