import type { Row } from '../list/merge-optimistic.ts'
import { draftName } from '../sending/draft.ts'
import type { TodoOutbox } from '../sending/intent.ts'
import { draftsOf, type Edit, type Edits, editsFrom } from './edits.ts'

/** The open editors of a tab and their texts, which survive a reload. */
export type EditStore = ReturnType<typeof createEdits>

export function createEdits(outbox: Pick<TodoOutbox, 'readNote' | 'writeNote'>) {
  const note = `${draftName()} of titles`
  const listeners = new Set<() => void>()
  let edits: Edits = new Map()

  function publish(next: Edits): void {
    edits = next
    for (const listener of listeners) listener()
  }

  /** A text that cannot be stored is still on the screen. */
  function store(): void {
    const drafts = draftsOf(edits)
    outbox.writeNote(note, drafts.length === 0 ? undefined : drafts).catch(() => undefined)
  }

  function start(edit: Edit): void {
    if (!edits.has(edit.row.id)) publish(new Map([...edits, [edit.row.id, edit]]))
  }

  return {
    getSnapshot: () => edits,
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },

    open(row: Row): void {
      start({ row, text: textOf(row), takesFocus: true })
    },
    typed(edit: Edit, text: string): void {
      edit.text = text
      store()
    },
    close(id: string): void {
      publish(new Map([...edits].filter(([one]) => one !== id)))
      store()
    },
    /** Opens an editor with a text that could not be stored as a change. */
    giveBack(row: Row, text: string): void {
      start({ row, text, takesFocus: false })
      store()
    },
    /** Opens the editors of before a reload. */
    async restore(): Promise<void> {
      const restored = editsFrom(await outbox.readNote(note).catch(() => undefined))
      if (restored.size > 0) publish(new Map([...restored, ...edits]))
    },
  }
}

/** Beside a refused change the text that the person wrote. */
export function textOf({ title, entry }: Row): string {
  return entry?.status.state === 'needs_person' ? entry.intent.title : title
}
