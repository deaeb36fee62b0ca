import { RefusalError } from '@idem/contract/refusal'
import type { Todo } from '@idem/contract/todo'

export function notFound(): RefusalError {
  return new RefusalError('not_found')
}

export function versionConflict(current: Todo): RefusalError {
  return new RefusalError('version_conflict', { current })
}

/** `existing` is the current todo of that id; a deleted one is not returned. */
export function idTaken(existing: Todo | 'deleted'): RefusalError {
  return new RefusalError(
    'id_taken',
    existing === 'deleted' ? { deleted: true } : { current: existing },
  )
}
