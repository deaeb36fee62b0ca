/**
 * P1001, P2002, …: a code of Prisma, which looks like a SQLSTATE. Mistaken for one,
 * it would make a commit without an answer (P1017) a failure of the effect. The
 * SQLSTATEs of PostgreSQL's class P0 have a zero in the second place.
 */
export function isPrismaCode(code: string): boolean {
  return /^P[1-9]\d{3}$/.test(code)
}

/**
 * The name for a code of Prisma. Prisma's own engines (the default of Prisma 6)
 * give nothing else; with a driver adapter the SQLSTATE is known and comes first.
 * P2028, an error of a transaction, depends on its message, and P2010, of a raw
 * statement, on its metadata.
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

/** Prisma gives these errors no code, or one that says less than their message. The first match counts. */
const wordings: readonly (readonly [words: string, state: string | undefined])[] = [
  ['Unable to start a transaction in the given time', 'pool_wait'],
  // The transaction ended at the time limit of Prisma, which rolled it back. The last one is of `refusedAfterEnd`.
  ['on an expired transaction', '57014'],
  ["Last state: 'Expired'", '57014'],
  ['its effect has ended', '57014'],
  // The effect used a transaction after its end, which is a bug. In an answer to a commit it decides nothing.
  ['on a committed transaction', undefined],
  // Closed from outside: the connection broke, or the client was disconnected.
  ['Transaction already closed', 'connection_lost'],
  ['Transaction not found', 'connection_lost'],
  ['Error { kind: Closed', 'connection_lost'],
]

export function prismaWordingState(message: string): string | undefined {
  return wordings.find(([words]) => message.includes(words))?.[1]
}

/** An engine of Prisma prints the SQLSTATE of an error for which it has no code. */
export function printedState({ name, message }: Error): string | undefined {
  if (name !== 'PrismaClientUnknownRequestError') return undefined
  return /PostgresError \{ code: "([0-9A-Z]{5})"/.exec(message)?.[1]
}
