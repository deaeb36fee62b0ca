import type { BetterAuthOptions } from 'better-auth'
import type { prismaAdapter } from 'better-auth/adapters/prisma'
import { secretHash } from '../secret-hash.ts'

type CreateAdapter = ReturnType<typeof prismaAdapter>
type Adapter = ReturnType<CreateAdapter>
type Where = Parameters<Adapter['deleteMany']>[0]['where']

/**
 * An adapter that stores and finds sessions by the hash of their token: the database, its backups and
 * its replicas contain nothing that signs in. The library sees the token itself only when it has made it.
 */
export function hashedSessionTokens(create: CreateAdapter): CreateAdapter {
  return (options: BetterAuthOptions): Adapter => {
    const inner = create(options)
    return {
      ...inner,
      async create(given) {
        const { token } = given.data as { token?: unknown }
        if (given.model !== 'session' || typeof token !== 'string') return inner.create(given)
        const made = await inner.create({
          ...given,
          data: { ...given.data, token: secretHash(token) },
        })
        return { ...Object(made), token }
      },
      findOne: (given) => inner.findOne(hashedWhere(given)),
      findMany: (given) => inner.findMany(hashedWhere(given)),
      count: (given) => inner.count(hashedWhere(given)),
      update: (given) => inner.update(hashedWhere(given)),
      updateMany: (given) => inner.updateMany(hashedWhere(given)),
      delete: (given) => inner.delete(hashedWhere(given)),
      deleteMany: (given) => inner.deleteMany(hashedWhere(given)),
      consumeOne: (given) => inner.consumeOne(hashedWhere(given)),
      incrementOne: (given) => inner.incrementOne(hashedWhere(given)),
    }
  }
}

function hashedWhere<Given extends { readonly model: string; readonly where?: Where | undefined }>(
  given: Given,
): Given {
  if (given.model !== 'session' || given.where === undefined) return given
  const where = given.where.map((each) =>
    each.field === 'token' && typeof each.value === 'string'
      ? { ...each, value: secretHash(each.value) }
      : each,
  )
  return { ...given, where }
}
