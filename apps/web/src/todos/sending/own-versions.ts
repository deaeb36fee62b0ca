import { exists } from '../operations/operation.ts'
import { operationOf } from '../operations/operations.ts'
import type { TodoSettled } from './intent.ts'

/** The versions that this browser has made: of each todo, by the entry that made it. */
export type OwnVersions = Map<string, Map<string, number>>

export function learnVersions(own: OwnVersions, settled: readonly TodoSettled[]): OwnVersions {
  for (const { id, orderingKey, intent, answer } of settled) {
    if (operationOf(intent).isOwn?.(intent) === false) continue
    if (exists(answer) && answer.isFound) continue
    const version = exists(answer) ? answer.version : answer.tombstoneVersion
    if (version === undefined) continue
    const versions = own.get(orderingKey) ?? new Map()
    own.set(orderingKey, versions.set(id, version))
  }
  return own
}

/** An operation that is undone: its todo and its entry. `version`: an earlier result. */
export type Undone = {
  readonly id: string
  readonly undoes: string
  readonly version?: number | undefined
}

/**
 * The last version from an operation on up to which this browser has made all of them. If another device
 * has made one in between, the server has a later version than this one, refuses the undo, and the person
 * is asked. Undefined if the answer to the operation is not known.
 */
export function versionSince(
  { id, undoes, version: known }: Undone,
  own: OwnVersions,
): number | undefined {
  const versions = own.get(id)
  const made = new Set(versions?.values())
  let version = known ?? versions?.get(undoes)
  while (version !== undefined && made.has(version + 1)) version += 1
  return version
}
