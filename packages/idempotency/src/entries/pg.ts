export { codeOf } from '../pg/errors/code-of.ts'
export { pgAdapter } from '../pg/pg-adapter.ts'
export { guardPool } from '../pg/pool/pool-guard.ts'
