import { useEffect } from 'react'
import { focusInRow } from '../rows/focus-in-row.ts'
import { areSingleKeysOn } from './single-keys.ts'

/** Keys of the page; those of a row come from its own buttons. */
const pageKeys = ['n', '/', '?']
const singleRowKeys = ['e', 'x']
/** While one is held, its repetitions would meet the next row, to which the focus has moved. */
const changingKeys = ['Delete', 'Enter', ...singleRowKeys]

/**
 * A key presses the element that has it in `data-key`, so it does exactly what that visible element does,
 * and nothing if it is not there. Single keys work wherever no text field or menu has the focus.
 */
export function useShortcuts(): void {
  useEffect(() => {
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [])
}

function onKeyDown(event: KeyboardEvent): void {
  const { target } = event
  if (event.defaultPrevented || event.isComposing || !(target instanceof HTMLElement)) return
  if (document.querySelector('dialog[open]') !== null) return
  if (isDone(event, target)) event.preventDefault()
}

function isDone(event: KeyboardEvent, target: HTMLElement): boolean {
  const undoing = undoKey(event)
  if (undoing !== undefined) return !hasText(target) && press(document, undoing)
  if (event.ctrlKey || event.metaKey || event.altKey || takesKeys(target)) return false
  const row = target.closest<HTMLElement>('.row')
  if (row === null) return onPage(event.key)
  if (event.repeat && changingKeys.includes(event.key)) return true
  return onPage(event.key) || inRow(event, row)
}

function onPage(key: string): boolean {
  if (pageKeys.includes(key)) return areSingleKeysOn() && press(document, key)
  if (key !== 'ArrowDown' || document.activeElement !== document.body) return false
  return focusInRow(document.querySelector('.row'), 'x')
}

function inRow({ key, target }: KeyboardEvent, row: HTMLElement): boolean {
  const kind = target instanceof HTMLElement ? target.dataset.key : undefined
  const rows = [...document.querySelectorAll('.chunk:not([aria-hidden]) > .row')]
  switch (key) {
    case 'ArrowDown':
      return focusInRow(rows[rows.indexOf(row) + 1], kind)
    case 'ArrowUp':
      return focusInRow(rows[rows.indexOf(row) - 1], kind)
    case 'Home':
      return focusInRow(rows[0], kind)
    case 'End':
      return focusInRow(rows.at(-1), kind)
    case 'Enter':
      // On a button Enter presses that button.
      return kind === 'x' && press(row, 'e')
    case 'Delete':
      return press(row, key)
  }
  return singleRowKeys.includes(key) && areSingleKeysOn() && press(row, key)
}

/** Focuses a field and clicks anything else. */
function press(within: ParentNode, key: string): boolean {
  const element = within.querySelector<HTMLElement>(`[data-key="${key}"]`)
  if (element === null) return false
  if (isTextField(element)) element.focus()
  else element.click()
  return true
}

function undoKey(event: KeyboardEvent): string | undefined {
  const isIt = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z'
  if (!isIt) return undefined
  return event.shiftKey ? 'ctrl+shift+z' : 'ctrl+z'
}

function takesKeys(element: Element): boolean {
  return isTextField(element) || element instanceof HTMLSelectElement
}

function isTextField(element: Element): element is HTMLInputElement | HTMLTextAreaElement {
  if (element instanceof HTMLTextAreaElement) return true
  return element instanceof HTMLInputElement && element.type !== 'checkbox'
}

/** The browser undoes in a field with text. */
function hasText(element: Element): boolean {
  return isTextField(element) && element.value !== ''
}
