export type { PrismaClientLike, TransactionOptions } from './prisma/client-like.ts'
export { type PrismaAdapterOptions, prismaAdapter } from './prisma/prisma-adapter.ts'
export { transactional } from './prisma/transactional.ts'
