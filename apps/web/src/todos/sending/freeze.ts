import type { Frozen } from '@idem/outbox'
import { learnVersions, versionSince } from '../undo/own-versions.ts'
import {
  type Answer,
  exists,
  type Intent,
  type RestoreIntent,
  type TodoRefusal,
  type TodoSettled,
  type UpdateIntent,
} from './intent.ts'
import { never } from './never.ts'

/**
 * The body of an intent. Its version is the one that the person saw, or that of the previous answer. It
 * is never predicted: an earlier operation may be refused, and then a predicted version could match a
 * change that the person has not seen. An undo names the last version that this browser has made since
 * the operation, never one behind a version of another device, whatever the list has shown meanwhile.
 */
export function freeze(
  intent: Intent,
  predecessor: Answer | undefined,
  settled: readonly TodoSettled[],
): Frozen<TodoRefusal> {
  const { id, title } = intent
  switch (intent.operation) {
    case 'createTodo':
      return { state: 'frozen', body: { id, title } }
    case 'deleteTodo':
      return intent.version === undefined
        ? deleteAfter(id, predecessor)
        : { state: 'frozen', body: { id, version: intent.version } }
    case 'restoreTodo':
      return versioned({ id }, versionOf(intent, deletedOrExisting(predecessor), settled))
    case 'updateTodo':
      return updateAfter(intent, predecessor, settled)
  }
  return never(intent)
}

function deleteAfter(id: string, predecessor: Answer | undefined): Frozen<TodoRefusal> {
  if (predecessor === undefined) return versionMissing
  // Already deleted: there is no version to send and nothing to delete.
  const version = exists(predecessor) ? { version: predecessor.version } : {}
  return { state: 'frozen', body: { id, ...version } }
}

function updateAfter(
  intent: UpdateIntent,
  predecessor: Answer | undefined,
  settled: readonly TodoSettled[],
): Frozen<TodoRefusal> {
  if (intent.version === undefined && predecessor !== undefined && !exists(predecessor)) {
    return { state: 'refused', refusal: { code: 'not_found', retry: 'never' } }
  }
  const changed = Object.fromEntries(intent.changes.map((member) => [member, intent[member]]))
  return versioned({ id: intent.id, ...changed }, versionOf(intent, existing(predecessor), settled))
}

/** After an operation that was discarded, the previous answer is older than what the person saw, so an undo does not name it. */
function versionOf(
  { id, version, undoes }: RestoreIntent | UpdateIntent,
  previous: number | undefined,
  settled: readonly TodoSettled[],
): number | undefined {
  if (undoes === undefined) return version ?? previous
  return versionSince({ id, undoes, version }, learnVersions(new Map(), settled))
}

function existing(answer: Answer | undefined): number | undefined {
  return answer !== undefined && exists(answer) ? answer.version : undefined
}

function deletedOrExisting(answer: Answer | undefined): number | undefined {
  return answer === undefined || exists(answer) ? existing(answer) : answer.tombstoneVersion
}

const versionMissing = {
  state: 'refused',
  refusal: { code: 'version_missing', retry: 'ask_person' },
} as const

function versioned(body: object, version: number | undefined): Frozen<TodoRefusal> {
  return version === undefined ? versionMissing : { state: 'frozen', body: { ...body, version } }
}
