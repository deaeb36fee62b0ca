export {
  type PrismaClientLike,
  prismaAdapter,
  type TransactionLimits,
  type TransactionOptions,
} from '../prisma/prisma-adapter.ts'
export { transactional } from '../prisma/transactional.ts'
