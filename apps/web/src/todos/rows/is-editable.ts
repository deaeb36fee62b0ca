import type { Row } from '../list/merge-optimistic.ts'

/**
 * Whether a person can give a row another title now. Not while a refused create may have had an effect
 * (its key expired, or the server was restored): its correction would be a second todo.
 */
export function isEditable({ entry, needsNewerPage }: Row): boolean {
  if (needsNewerPage || entry?.isDiscarding === true) return false
  if (entry?.status.state !== 'needs_person') return true
  const { question } = entry.status
  return question.kind === 'refused' && question.refusal.retry !== 'new_key'
}
