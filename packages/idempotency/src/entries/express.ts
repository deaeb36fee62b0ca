export { idempotent } from '../express/idempotent.ts'
export type { IdempotentOptions } from '../http/idempotent-options.ts'
