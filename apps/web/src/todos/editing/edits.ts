import { hasMembers } from '@idem/contract/has-members'
import type { Row } from '../list/merge-optimistic.ts'

/** An open editor of a title. */
export type Edit = {
  /** The row as it was when the editor opened: what arrives later was not seen. */
  readonly row: Row
  /** The text so far. It changes without a render, because the field is uncontrolled. */
  text: string
  /** Once, when the person opens it. A reload, a failed write or a new place on the page moves no focus. */
  takesFocus: boolean
}

/** The edits in progress by the id of their row. */
export type Edits = ReadonlyMap<string, Edit>

/**
 * The rows with those that are being edited and are gone from the list: deleted on another device,
 * completed while only open todos are shown, or beyond the loaded part. Each is shown as it was, so that
 * its text is not lost and the focus does not move.
 */
export function withEdited(
  rows: readonly Row[],
  all: readonly Row[],
  edits: Edits,
): readonly Row[] {
  if (edits.size === 0) return rows
  const shown = new Set(rows.map(({ id }) => id))
  const missing = [...edits.values()].filter(({ row }) => !shown.has(row.id))
  if (missing.length === 0) return rows
  const added = missing.map(({ row }) => all.find(({ id }) => id === row.id) ?? row)
  return [...rows, ...added].sort((one, other) => (one.id < other.id ? 1 : -1))
}

/** What is stored of an edit while it is typed. Its row may have another state after the reload. */
type Draft = Pick<Row, 'id' | 'title' | 'completed' | 'version'> & { readonly text: string }

export function draftsOf(edits: Edits): Draft[] {
  return [...edits.values()].map(({ row: { id, title, completed, version }, text }) => ({
    id,
    title,
    completed,
    version,
    text,
  }))
}

/** The edits of before a reload. Possibly written by another release: what is unreadable is left out. */
export function editsFrom(note: unknown): Edits {
  const drafts: unknown[] = Array.isArray(note) ? note : []
  return new Map(drafts.filter(isDraft).map((draft) => [draft.id, editFrom(draft)]))
}

function editFrom({ text, ...row }: Draft): Edit {
  return { row: { ...row, entry: undefined, needsNewerPage: false }, text, takesFocus: false }
}

function isDraft(value: unknown): value is Draft {
  if (!hasMembers(value, { id: 'string', title: 'string', text: 'string', completed: 'boolean' })) {
    return false
  }
  const { version } = value
  return version === undefined || typeof version === 'number'
}
