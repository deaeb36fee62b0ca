import { causesOf } from '../causes-of.ts'

/** A database without the tables: an error that names the next step. Any other error is returned unchanged. */
export function withNextStep(error: unknown, code: string | undefined): unknown {
  // The effect may miss a table of its own.
  const isOurs = () => [...causesOf(error)].some(({ message }) => message.includes(table))
  return code === undefinedTable && isOurs() ? new Error(missing, { cause: error }) : error
}

const undefinedTable = '42P01'
const table = 'idempotency_record'
const missing =
  'The table idempotency_record is missing; run "npx idem migrate" with the DATABASE_URL of this server, or name its schema with the option `schema`.'
