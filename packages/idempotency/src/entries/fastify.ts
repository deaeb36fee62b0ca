export { type IdempotentRoute, idempotent } from '../fastify/idempotent.ts'
export type { IdempotentOptions } from '../http/idempotent-options.ts'
