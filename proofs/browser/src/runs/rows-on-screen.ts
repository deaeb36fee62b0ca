import { isDeepStrictEqual } from 'node:util'
import type { Locator } from 'playwright-core'
import { eventually } from './eventually.ts'
import type { ExpectedTodo, Tab } from './run.ts'

export type ScreenRow = Pick<ExpectedTodo, 'id' | 'title' | 'completed'>

/** The row of a todo: titles may be equal. */
export function rowOf({ screen }: Tab, { id }: Pick<ExpectedTodo, 'id'>): Locator {
  return screen.list.locator(`[data-id="${id}"]`)
}

/** Resolves when the tab shows the todo like this. */
export async function shows(tab: Tab, { id, title, completed }: ExpectedTodo): Promise<void> {
  await eventually({
    expected: `a row ${JSON.stringify({ id, title, completed })}`,
    read: () => rowsOn(tab),
    is: (rows) => rows.some((row) => isDeepStrictEqual(row, { id, title, completed })),
  })
}

/** The rows in the order of the screen. */
export function rowsOn({ screen }: Tab): Promise<ScreenRow[]> {
  return screen.page.evaluate(readRows)
}

/** Runs in the page. */
function readRows(): ScreenRow[] {
  return [...document.querySelectorAll<HTMLElement>('[data-id]')].map((row) => ({
    id: row.dataset.id ?? '',
    title: row.querySelector('.title')?.textContent ?? '',
    completed: row.querySelector('input')?.checked ?? false,
  }))
}
