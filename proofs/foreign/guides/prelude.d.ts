// What the README of `packages/idempotency` leaves to the reader's project.
declare const user: { readonly id: string }
declare const key: string
declare const input: { readonly item: string }

declare const db: import('drizzle-orm/node-postgres').NodePgDatabase

declare const adapter: object
declare class PrismaClient {
  constructor(options: { readonly adapter: object })
  $queryRawUnsafe<T>(text: string, ...values: unknown[]): Promise<T>
  $transaction<T>(
    work: (tx: Omit<PrismaClient, '$transaction'>) => Promise<T>,
    options?: object,
  ): Promise<T>
}

declare const idempotency: import('@idem/idempotency').Idempotency<import('pg').PoolClient>
declare function currentUser(): Promise<string>
declare module 'next/cache' {
  export function revalidatePath(path: string): void
}
