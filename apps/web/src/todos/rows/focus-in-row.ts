/** Focuses the element of a row that has this key, or its checkbox. False if there is no such row. */
export function focusInRow(row: Element | null | undefined, key: string | undefined): boolean {
  const find = (one: string) => row?.querySelector<HTMLElement>(`[data-key="${one}"]:enabled`)
  const target = (key && find(key)) || find('x') || row?.querySelector<HTMLElement>('button')
  target?.focus()
  return Boolean(target)
}

export function rowElement(id: string | undefined): Element | null {
  return id === undefined ? null : document.querySelector(`[data-id="${CSS.escape(id)}"]`)
}
