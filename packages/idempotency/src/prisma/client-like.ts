/** What every client and every transaction of Prisma can do, whatever its models are. */
export type RawQueries = {
  $queryRawUnsafe<T>(text: string, ...values: unknown[]): PromiseLike<T>
}

/** As much of a generated `PrismaClient`, of Prisma 6 or 7, as the adapter needs. */
export type PrismaClientLike<Tx extends RawQueries> = {
  $transaction<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>
}

export type TransactionOptions = {
  readonly isolationLevel?: 'ReadCommitted'
  readonly maxWait?: number
  readonly timeout?: number
}
