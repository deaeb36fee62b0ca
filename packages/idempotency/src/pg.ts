export { codeOf } from './pg/code-of.ts'
export { onSqlState } from './pg/on-sql-state.ts'
export { pgAdapter } from './pg/pg-adapter.ts'
export { guardPool } from './pg/pool-guard.ts'
export {
  beginWith,
  type SessionSettings,
  wereApplied,
  withStartUpOptions,
} from './pg/session-settings.ts'
export { sqlStateOf } from './pg/sql-state-of.ts'
