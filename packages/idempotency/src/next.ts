export { type IdempotentActionOptions, idempotentAction } from './next/idempotent-action.ts'
export type { Refusal, Refused } from './next/refused.ts'
