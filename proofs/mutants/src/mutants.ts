import type { Mutant } from './mutant.ts'
import { coreMutants } from './table/core-mutants.ts'
import { deviceMutants } from './table/device-mutants.ts'
import { integrationMutants } from './table/integration-mutants.ts'
import { serverMutants } from './table/server-mutants.ts'

/** The most dangerous mistakes, one or two for each guarantee. */
export const mutants: readonly Mutant[] = [
  ...coreMutants,
  ...integrationMutants,
  ...serverMutants,
  ...deviceMutants,
]
