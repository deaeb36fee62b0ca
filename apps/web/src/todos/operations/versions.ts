import type { Frozen } from '@idem/outbox'
import {
  type Answer,
  exists,
  type Found,
  type Known,
  type Seen,
  type TodoRefusal,
} from './operation.ts'

const versionMissing = {
  state: 'refused',
  refusal: { code: 'version_missing', retry: 'ask_person' },
} as const

/**
 * The previous operation was made on a change of another device, which the person had not seen when this one
 * followed it. What is there now is compared with what the person saw.
 */
export function changedElsewhere(current: Found): Frozen<TodoRefusal> {
  return { state: 'refused', refusal: { code: 'version_conflict', retry: 'ask_person', current } }
}

export function versioned(body: object, version: number | undefined): Frozen<TodoRefusal> {
  return version === undefined ? versionMissing : { state: 'frozen', body: { ...body, version } }
}

/** After an operation that was discarded, the previous answer is older than what the person saw, so an undo does not name it. */
export function versionOf(intent: Seen, known: Known): number | undefined {
  const { undoes, version = versionIn(known.predecessor) } = intent
  return undoes === undefined ? version : known.since(intent)
}

function versionIn(answer: Answer | undefined): number | undefined {
  if (answer === undefined) return undefined
  return exists(answer) ? answer.version : answer.tombstoneVersion
}

export function isVersioned({ completed, version, undoes }: Readonly<Record<string, unknown>>) {
  return (
    typeof completed === 'boolean' &&
    (version === undefined || typeof version === 'number') &&
    (undoes === undefined || typeof undoes === 'string')
  )
}

/** The members of an intent that are in no intent without a need. */
export function versionSeen({ version, undoes }: Pick<Seen, 'version' | 'undoes'>) {
  return { ...(version !== undefined && { version }), ...(undoes !== undefined && { undoes }) }
}
