import type { Refusal, RefusalCode } from '@idem/contract/refusal'
import type { Intent } from './intent.ts'

/** Why the server refused, for the person who has to decide. */
export function refusalWords({ operation }: Intent, { code }: Refusal): string {
  return words[operation][code] ?? `The server did not accept this (${code}).`
}

/** These are stored with the key: under it the answer will always be the same. */
const final: ReadonlySet<RefusalCode> = new Set([
  'cancelled',
  'id_taken',
  'key_reused',
  'not_found',
  'version_conflict',
])

export function mayTryAgain({ code }: Refusal): boolean {
  return !final.has(code)
}

const late = 'It waited too long to be sent safely by itself.'

const words: Record<Intent['operation'], Partial<Record<RefusalCode, string>>> = {
  createTodo: {
    invalid_input: 'The server did not accept this title.',
    key_expired: late,
    key_from_future: 'The clock of this device is ahead of the server’s.',
  },
  deleteTodo: {
    version_conflict: 'Changed elsewhere meanwhile, so it was not deleted.',
    version_missing: 'It is not known which version was to be deleted, so it was not.',
    key_expired: late,
    key_from_future: 'The clock of this device is ahead of the server’s.',
  },
}
