import { newTodo, type Run, type Tab } from './run.ts'
import { forgetUndoable } from './submit.ts'

/** Both are lost before they arrive, so there is time to discard the entry. */
const lostRequests = 2

/** A person adds a todo, which does not arrive, and discards it in the sync details. */
export async function discardNew(run: Run, tab: Tab): Promise<void> {
  const { server, ledger, todos, story, word } = run
  const { page, add } = tab.screen
  const title = `${word} ${todos.size + 1}`
  forgetUndoable(run)
  for (let count = 0; count < lostRequests; count += 1) server.plan('createTodo', 'cut_before')
  await add(title)
  const { id, intent } = await ledger.record(tab.screen, { operation: 'createTodo', title })
  // The server decides: it may arrive before its key is cancelled.
  todos.set(intent.id, { ...newTodo(intent), isUncertain: true })
  ledger.discard(id)
  story.push(`${title} is added and discarded`)
  const details = page.getByRole('button', { name: 'Sync details' })
  await details.click()
  const entry = page.getByRole('listitem').filter({ hasText: `key ${id.slice(-8)}` })
  // Gone if it was answered meanwhile.
  await entry
    .getByRole('button', { name: 'Discard' })
    .click({ timeout: 3_000 })
    .catch(() => story.push('too late, it was answered'))
  await details.click()
}
