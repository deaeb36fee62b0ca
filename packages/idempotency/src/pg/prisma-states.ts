/**
 * P1001, P2002, …: a code of Prisma, which looks like a SQLSTATE. Taken for one,
 * a commit without an answer (P1017) would be a failure of the effect. Those of
 * PostgreSQL's class P0 have a zero in the second place.
 */
export function isPrismaCode(code: string): boolean {
  return /^P[1-9]\d{3}$/.test(code)
}

/**
 * What the code of Prisma stands for. Its engines of their own (the default of
 * Prisma 6) give nothing else; with a driver adapter the SQLSTATE is known and
 * comes first. P2028, an error of a transaction, depends on its message, and
 * P2010, of a raw statement, on what comes with it.
 */
export const prismaStates: Readonly<Record<string, string>> = {
  P1001: 'ECONNREFUSED',
  P1002: 'ETIMEDOUT',
  P1008: 'ETIMEDOUT',
  P1017: 'connection_lost',
  P1018: 'connection_lost',
  P2000: '22001',
  P2002: '23505',
  P2003: '23503',
  P2004: '23514',
  P2011: '23502',
  P2020: '22003',
  P2021: '42P01',
  P2022: '42703',
  P2024: 'pool_wait',
  P2034: '40001',
  P2037: '53300',
}

/** A transaction that ended at the time limit of Prisma, which rolled it back. */
export const expiredWordings = ['on an expired transaction', "Last state: 'Expired'"] as const

/** Prisma gives these no code, or one that says less than their words. The first that fits counts. */
export const prismaWordings: readonly (readonly [words: string, state: string | undefined])[] = [
  ['Unable to start a transaction in the given time', 'pool_wait'],
  ...expiredWordings.map((words) => [words, '57014'] as const),
  // The effect used a transaction after its end, which is a bug. In an answer to a commit it decides nothing.
  ['on a committed transaction', undefined],
  // Closed from outside: the connection broke, or somebody disconnected the client.
  ['Transaction already closed', 'connection_lost'],
  ['Transaction not found', 'connection_lost'],
  ['Error { kind: Closed', 'connection_lost'],
]

/** What an engine of Prisma has no code for at all, it prints. */
export function printedState({ name, message }: Error): string | undefined {
  if (name !== 'PrismaClientUnknownRequestError') return undefined
  return /PostgresError \{ code: "([0-9A-Z]{5})"/.exec(message)?.[1]
}
