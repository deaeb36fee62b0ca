import type { Locator } from 'playwright-core'
import { expect } from 'vitest'
import type { ExpectedTodo, Tab } from './run.ts'

export type ScreenRow = Pick<ExpectedTodo, 'id' | 'title' | 'completed'>

/** The row of a todo: titles may be equal. */
export function rowOf({ screen }: Tab, { id }: Pick<ExpectedTodo, 'id'>): Locator {
  return screen.list.locator(`[data-id="${id}"]`)
}

/** Resolves when the tab shows the todo like this. */
export async function shows(tab: Tab, { id, title, completed }: ExpectedTodo): Promise<void> {
  const row = async () => (await rowsOn(tab)).find((one) => one.id === id)
  await expect.poll(row, { timeout: 30_000 }).toEqual({ id, title, completed })
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
