import { expect, test } from 'vitest'
import { failureKindOf } from '../../run/failure-kind.ts'
import { codeOf } from './code-of.ts'

/** The error shapes of Prisma 6 and 7: with its own engine (a code alone) and with a driver adapter. */
const known = (code: string, message = '', meta: object = {}) =>
  Object.assign(new Error(`\nInvalid \`prisma.$queryRawUnsafe()\` invocation:\n\n\n${message}`), {
    name: 'PrismaClientKnownRequestError',
    code,
    meta,
    clientVersion: '6.19.3',
  })
const transactionApi = (message: string) => known('P2028', `Transaction API error: ${message}`)

test.for([
  ['P1001', 'ECONNREFUSED'],
  ['P1002', 'ETIMEDOUT'],
  ['P1008', 'ETIMEDOUT'],
  ['P1017', 'connection_lost'],
  ['P1018', 'connection_lost'],
  ['P2000', '22001'],
  ['P2002', '23505'],
  ['P2003', '23503'],
  ['P2004', '23514'],
  ['P2011', '23502'],
  ['P2020', '22003'],
  ['P2021', '42P01'],
  ['P2022', '42703'],
  ['P2024', 'pool_wait'],
  ['P2034', '40001'],
  ['P2037', '53300'],
] as const)('%s of Prisma is %s, also where a framework wrapped it', ([code, state]) => {
  expect(codeOf(known(code))).toBe(state)
  const wrapped = Object.assign(new Error('x', { cause: known(code) }), { code: 'CONFLICT' })
  expect(codeOf(wrapped)).toBe(state)
})

test.for([
  ['Unable to start a transaction in the given time.', 'pool_wait'],
  [
    'A query cannot be executed on an expired transaction. The timeout for this transaction was 8000 ms, however 8123 ms passed since the start of the transaction.',
    '57014',
  ],
  [
    'Transaction already closed: A commit cannot be executed on an expired transaction. The timeout for this transaction was 8000 ms.',
    '57014',
  ],
  ["Transaction already closed: Transaction is no longer valid. Last state: 'Expired'.", '57014'],
  [
    'Transaction already closed: A query cannot be executed on a transaction that was rolled back.',
    'connection_lost',
  ],
  ['Transaction already closed: Could not perform operation.', 'connection_lost'],
  [
    "Transaction not found. Transaction ID is invalid, refers to an old closed transaction Prisma doesn't have information about anymore, or was obtained before disconnecting.",
    'connection_lost',
  ],
  ['Transaction already closed: A query cannot be executed on a committed transaction.', undefined],
  ['Invalid isolation level: Nonsense', undefined],
] as const)('P2028 of Prisma, "%s", is %s', ([message, state]) => {
  expect(codeOf(transactionApi(message))).toBe(state)
})

test('a failed raw statement has its SQLSTATE, from any engine', () => {
  const message = 'Raw query failed. Code: `55P03`.'
  const cause = { originalCode: '55P03', kind: 'postgres' }
  const driverAdapterError = Object.assign(new Error('DriverAdapterError', { cause }), {
    name: 'DriverAdapterError',
  })
  expect(codeOf(known('P2010', message, { driverAdapterError }))).toBe('55P03')
  expect(codeOf(known('P2010', message, { code: '55P03', message: '…' }))).toBe('55P03')
  expect(codeOf(known('P2010', message, { code: 'N/A', message: 'N/A' }))).toBeUndefined()
  expect(codeOf(driverAdapterError)).toBe('55P03')
})

test('an error for which the engine of Prisma has no code gives the SQLSTATE in its message', () => {
  const unknown = (message: string) =>
    Object.assign(new Error(message), { name: 'PrismaClientUnknownRequestError' })
  const deadlock =
    'Error occurred during query execution:\nConnectorError(ConnectorError { user_facing_error: None, kind: QueryError(PostgresError { code: "40P01", message: "deadlock detected", severity: "ERROR", detail: None }), transient: false })'
  expect(codeOf(unknown(deadlock))).toBe('40P01')
  expect(codeOf(unknown('Error { kind: Closed, cause: None }'))).toBe('connection_lost')
  expect(codeOf(new Error(deadlock))).toBeUndefined()
})

test('a client that cannot connect when it starts gives the state of its error code', () => {
  const error = Object.assign(new Error("Can't reach database server at `db:5432`"), {
    name: 'PrismaClientInitializationError',
    errorCode: 'P1001',
  })
  expect(codeOf(error)).toBe('ECONNREFUSED')
})

test.for(['P1017', 'P1018', 'P1008'])(
  '%s before the commit means that nothing happened, and during the commit is ambiguous',
  (code) => {
    expect(failureKindOf(codeOf(known(code)), false)).toBe('rolled_back')
    expect(failureKindOf(codeOf(known(code)), true)).toBe('unknown')
  },
)
