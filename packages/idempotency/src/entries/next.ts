export { type IdempotentActionOptions, idempotentAction } from '../next/idempotent-action.ts'
export type { Refused } from '../next/refused.ts'
