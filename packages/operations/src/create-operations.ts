import { createKeyOperations } from './keys.ts'
import { createReads } from './read-todos.ts'
import { createMutations, type Mutations } from './run-mutation.ts'
import { createServices, type OperationSettings } from './services.ts'

export type Operations = Mutations &
  ReturnType<typeof createReads> &
  ReturnType<typeof createKeyOperations>

/**
 * Each operation once, for both APIs: it resolves with an answer or rejects with a `RefusalError`, a
 * `StoredRefusal` or an `IdempotencyError`; any other error is a bug.
 */
export function createOperations(settings: OperationSettings): Operations {
  const services = createServices(settings)
  return {
    ...createMutations(services),
    ...createReads(services),
    ...createKeyOperations(services),
  }
}
