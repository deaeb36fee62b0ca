import { RefusalError } from '@idem/contract/refusal'
import type { Todo } from '@idem/contract/todo'

export function notFound(): RefusalError {
  return new RefusalError('not_found')
}

export function versionConflict(current: Todo): RefusalError {
  return new RefusalError('version_conflict', { current })
}

/** `standing` is the todo of that id as it is now; a deleted one is not shown. */
export function idTaken(standing: Todo | 'deleted'): RefusalError {
  return new RefusalError(
    'id_taken',
    standing === 'deleted' ? { deleted: true } : { current: standing },
  )
}
