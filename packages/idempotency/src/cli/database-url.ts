import { existsSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

/** `DATABASE_URL` from the environment, otherwise from the file `.env` in this folder. */
export function databaseUrl(environment: NodeJS.ProcessEnv = process.env, file = '.env'): string {
  const url = environment.DATABASE_URL || ofFile(file)
  if (url) return postgresUrl(url)
  throw new Error(
    `DATABASE_URL is not set, neither in the environment nor in ${file}; set it to the URL of a PostgreSQL.`,
  )
}

function ofFile(file: string): string | undefined {
  return existsSync(file) ? parseEnv(readFileSync(file, 'utf8')).DATABASE_URL : undefined
}

function postgresUrl(url: string): string {
  if (/^postgres(ql)?:/.test(url)) return url
  throw new Error(
    'DATABASE_URL does not begin with postgresql: and the tables need a PostgreSQL; no other database can keep them.',
  )
}
