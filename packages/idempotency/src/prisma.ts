export type { PrismaClientLike, TransactionOptions } from './prisma/client-like.ts'
export { prismaAdapter, type TransactionLimits } from './prisma/prisma-adapter.ts'
export { transactional } from './prisma/transactional.ts'
