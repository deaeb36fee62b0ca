export { type IdempotentOptions, idempotent } from '../trpc/idempotent.ts'
export { type RefusalData, refusalData } from '../trpc/trpc-error.ts'
