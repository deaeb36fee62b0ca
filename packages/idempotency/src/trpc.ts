export { idempotent, type IdempotentOptions } from './trpc/idempotent.ts'
export { type RefusalData, refusalData } from './trpc/trpc-error.ts'
