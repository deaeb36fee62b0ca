/** The members of every client and every transaction of Prisma, independent of its models. */
export type RawQueries = {
  $queryRawUnsafe<T>(text: string, ...values: unknown[]): PromiseLike<T>
}

/** The part of a generated `PrismaClient`, of Prisma 6 or 7, that the adapter needs. */
export type PrismaClientLike<Tx extends RawQueries> = {
  $transaction<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>
}

export type TransactionOptions = {
  readonly isolationLevel?: 'ReadCommitted'
  readonly maxWait?: number
  readonly timeout?: number
}
