export { codeOf } from './pg/errors/code-of.ts'
export { sqlStateOf } from './pg/errors/sql-state-of.ts'
export { pgAdapter } from './pg/pg-adapter.ts'
export { guardPool, onSqlState } from './pg/pool/pool-guard.ts'
export {
  beginWith,
  type SessionSettings,
  wereApplied,
  withStartUpOptions,
} from './pg/session-settings.ts'
