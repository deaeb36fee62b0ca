export { keyForm, mintedAt, mintKey } from './intent.ts'
export { sqlStateOf } from './pg/errors/sql-state-of.ts'
export { onSqlState } from './pg/pool/pool-guard.ts'
export {
  beginWith,
  type SessionSettings,
  wereApplied,
  withStartUpOptions,
} from './pg/session-settings.ts'
export type { CallerSignal } from './records/claim.ts'
export { acceptanceWindow } from './records/key-policy.ts'
export { type OldRows, type RemovalSettings, removeOld } from './records/remove-old.ts'
export { retryRead, retryTransaction } from './run/retry-transaction.ts'
