/** The libraries of the package's README, and their names in the server of the plain project. */
export const libraries = {
  'Prisma 6': 'prisma',
  'Prisma 7': 'prisma',
  'Drizzle on `pg`': 'drizzle',
  'Drizzle on postgres.js': 'drizzle-postgres-js',
  '`pg`': 'pg',
} as const

export type Library = keyof typeof libraries

/** The settings of a PgBouncer in transaction mode; undefined for a connection to PostgreSQL itself. */
export const poolers = {
  'no pooler': undefined,
  '`max_prepared_statements = 0`': ['max_prepared_statements = 0'],
  '`max_prepared_statements = 200`': ['max_prepared_statements = 200'],
} as const
