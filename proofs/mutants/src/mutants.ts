import type { Mutant } from './mutant.ts'
import { answerMutants } from './mutants-of-answers.ts'
import { claimMutants } from './mutants-of-claims.ts'
import { faceMutants } from './mutants-of-faces.ts'
import { groupMutants } from './mutants-of-groups.ts'
import { migrationMutants } from './mutants-of-migrations.ts'
import { sendingMutants } from './mutants-of-sending.ts'
import { todoMutants } from './mutants-of-todos.ts'
import { windowMutants } from './mutants-of-windows.ts'

/** The mistakes we are most afraid of, each made once. */
export const mutants: readonly Mutant[] = [
  ...claimMutants,
  ...answerMutants,
  ...groupMutants,
  ...windowMutants,
  ...todoMutants,
  ...faceMutants,
  ...sendingMutants,
  ...migrationMutants,
]
