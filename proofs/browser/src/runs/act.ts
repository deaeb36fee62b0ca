import type { Random } from '@idem/test-support/random'
import type { Locator } from 'playwright-core'
import { discardNew } from './discard-new.ts'
import { rowOf, shows } from './rows-on-screen.ts'
import { type ExpectedTodo, newTodo, type Run, type Tab, type Undoable } from './run.ts'
import type { StoredIntent } from './stored-submissions.ts'
import { submit } from './submit.ts'

type Action = (run: Run, tab: Tab) => Promise<void>

/** How often each is chosen, in percent. */
const actions: readonly (readonly [number, Action])[] = [
  [28, addByKey],
  [8, addByDoubleClick],
  [17, edit],
  [18, complete],
  [10, remove],
  [14, undo],
  [5, discardNew],
]

/** A person does one thing in one of the tabs. */
export async function act(run: Run): Promise<void> {
  const tab = pick(run.random, run.tabs)
  if (tab !== undefined) await chosen(run.random)(run, tab)
}

function chosen(random: Random): Action {
  let left = random.between(1, 100)
  for (const [share, action] of actions) {
    left -= share
    if (left <= 0) return action
  }
  throw new Error('Expected shares of 100 percent.')
}

function addByKey(run: Run, tab: Tab): Promise<void> {
  return add(run, tab, () => tab.screen.field.press('Enter'))
}

function addByDoubleClick(run: Run, tab: Tab): Promise<void> {
  return add(run, tab, () => tab.screen.addButton.dblclick())
}

async function add(run: Run, tab: Tab, press: () => Promise<void>): Promise<void> {
  const { random, todos } = run
  // Equal titles are two todos.
  const same = random.percent(20) ? pick(random, [...todos.values()])?.title : undefined
  const title = same ?? `${run.word} ${todos.size + 1}`
  await tab.screen.field.fill(title)
  const wanted = { operation: 'createTodo', title } as const
  const { intent } = await submit(run, tab, { wanted, act: press })
  todos.set(intent.id, newTodo(intent))
}

async function edit(run: Run, tab: Tab): Promise<void> {
  const todo = await target(run, tab, 'e')
  if (todo === undefined) return addByKey(run, tab)
  const title = `${todo.title}!`
  await change(run, tab, {
    wanted: { operation: 'updateTodo', id: todo.id, title, completed: todo.completed },
    todo,
    to: { title },
    control: rowOf(tab, todo).locator('button[data-key="e"]'),
    async pressed() {
      await tab.screen.editor.fill(title)
      await tab.screen.editor.press('Enter')
    },
  })
}

async function complete(run: Run, tab: Tab): Promise<void> {
  const todo = await target(run, tab, 'x')
  if (todo === undefined) return addByKey(run, tab)
  const completed = !todo.completed
  await change(run, tab, {
    wanted: { operation: 'updateTodo', id: todo.id, title: todo.title, completed },
    todo,
    to: { completed },
    control: rowOf(tab, todo).getByRole('checkbox'),
  })
}

async function remove(run: Run, tab: Tab): Promise<void> {
  const todo = await target(run, tab, 'Delete')
  if (todo === undefined) return addByKey(run, tab)
  await change(run, tab, {
    wanted: { operation: 'deleteTodo', id: todo.id },
    todo,
    to: { isDeleted: true },
    control: rowOf(tab, todo).locator('button[data-key="Delete"]'),
  })
}

type Changing = {
  readonly wanted: Pick<StoredIntent, 'operation'> & Partial<StoredIntent>
  readonly todo: ExpectedTodo
  readonly to: Undoable['back']
  readonly control: Locator
  /** After the click. */
  readonly pressed?: () => Promise<void>
}

async function change(run: Run, tab: Tab, changing: Changing): Promise<void> {
  const { wanted, todo, to, control, pressed } = changing
  // A reload replaces it by an empty one.
  const { undoable } = tab
  let isPressed = false
  const press = async () => {
    await control.click({ timeout: 5_000 })
    isPressed = true
    await pressed?.()
  }
  try {
    await submit(run, tab, { wanted, act: press })
  } catch (error) {
    // In the moment before the click the server failed at the create, which can only be discarded now.
    if (isPressed || (await control.isVisible())) throw error
    return addByKey(run, tab)
  }
  const { title, completed, isDeleted } = todo
  const all = { title, completed, isDeleted }
  const back = Object.fromEntries(Object.entries(all).filter(([member]) => member in to))
  undoable.push({ todo, back })
  Object.assign(todo, to)
}

async function undo(run: Run, tab: Tab): Promise<void> {
  const last = tab.undoable.at(-1)
  if (last === undefined || !isUndoable(last)) return addByKey(run, tab)
  const { todo, back } = last
  const { isDeleted: restores, ...members } = back
  const operation = restores === undefined ? 'updateTodo' : 'restoreTodo'
  tab.undoable.pop()
  await submit(run, tab, {
    wanted: { operation, id: todo.id, ...members },
    act: () => tab.screen.undoButton.click(),
  })
  Object.assign(todo, back)
}

/** Another tab may have deleted or restored it, and then the page asks a person. */
function isUndoable({ todo, back }: Undoable): boolean {
  return !todo.isUncertain && todo.isDeleted === (back.isDeleted === false)
}

/** A todo that the tab shows as the person left it, with the control of this key. */
async function target(run: Run, tab: Tab, key: string): Promise<ExpectedTodo | undefined> {
  const all = [...run.todos.values()]
  const todo = pick(
    run.random,
    all.filter(({ isDeleted, isUncertain }) => !isDeleted && !isUncertain),
  )
  if (todo === undefined) return undefined
  await shows(tab, todo)
  // A create that the server failed at repeatedly can only be discarded.
  const isOffered = await rowOf(tab, todo).locator(`[data-key="${key}"]`).isVisible()
  return isOffered ? todo : undefined
}

function pick<Item>(random: Random, items: readonly Item[]): Item | undefined {
  return items[random.between(0, items.length - 1)]
}
