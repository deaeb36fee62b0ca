import type { Mutant } from './mutant.ts'
import { adapterMutants } from './mutants-of-adapters.ts'
import { answerMutants } from './mutants-of-answers.ts'
import { batchMutants } from './mutants-of-batches.ts'
import { claimMutants } from './mutants-of-claims.ts'
import { commitMutants } from './mutants-of-commits.ts'
import { embeddedMutants } from './mutants-of-embedded.ts'
import { faceMutants } from './mutants-of-faces.ts'
import { migrationMutants } from './mutants-of-migrations.ts'
import { sendingMutants } from './mutants-of-sending.ts'
import { todoMutants } from './mutants-of-todos.ts'
import { windowMutants } from './mutants-of-windows.ts'

/** The mistakes we are most afraid of, each made once. */
export const mutants: readonly Mutant[] = [
  ...claimMutants,
  ...adapterMutants,
  ...answerMutants,
  ...commitMutants,
  ...batchMutants,
  ...windowMutants,
  ...todoMutants,
  ...faceMutants,
  ...sendingMutants,
  ...embeddedMutants,
  ...migrationMutants,
]
