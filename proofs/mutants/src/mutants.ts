import type { Mutant } from './mutant.ts'
import { adapterMutants } from './table/adapter-mutants.ts'
import { answerMutants } from './table/answer-mutants.ts'
import { apiMutants } from './table/api-mutants.ts'
import { batchMutants } from './table/batch-mutants.ts'
import { callMutants } from './table/call-mutants.ts'
import { claimMutants } from './table/claim-mutants.ts'
import { commitMutants } from './table/commit-mutants.ts'
import { embeddedMutants } from './table/embedded-postgres-mutants.ts'
import { escapeMutants } from './table/escape-mutants.ts'
import { integrationMutants } from './table/integration-mutants.ts'
import { migrationMutants } from './table/migration-mutants.ts'
import { overloadMutants } from './table/overload-mutants.ts'
import { pageMutants } from './table/page-mutants.ts'
import { sendingMutants } from './table/sending-mutants.ts'
import { shellMutants } from './table/shell-mutants.ts'
import { todoMutants } from './table/todo-mutants.ts'
import { windowMutants } from './table/window-mutants.ts'

/** The most dangerous mistakes, each made once. */
export const mutants: readonly Mutant[] = [
  ...claimMutants,
  ...adapterMutants,
  ...escapeMutants,
  ...integrationMutants,
  ...answerMutants,
  ...commitMutants,
  ...batchMutants,
  ...windowMutants,
  ...todoMutants,
  ...apiMutants,
  ...overloadMutants,
  ...sendingMutants,
  ...callMutants,
  ...shellMutants,
  ...pageMutants,
  ...embeddedMutants,
  ...migrationMutants,
]
