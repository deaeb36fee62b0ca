export { idempotent } from '../hono/idempotent.ts'
export type { IdempotentOptions } from '../http/idempotent-options.ts'
