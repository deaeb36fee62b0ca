import { hasMembers } from '@idem/contract/has-members'
import { accountOfPage } from '../../account/account-of-page.ts'
import { storedItem } from '../../account/installation-name.ts'

/** Where a person was in the list: the first row on the screen, its distance from the top, and the pages that were loaded. */
export type Place = { readonly id: string; readonly top: number; readonly pages: number }

/** The place of one account says nothing to another. */
const name = storedItem(`place of ${accountOfPage}`)

/** The place before a reload of this tab. */
export function readPlace(): Place | undefined {
  try {
    const place: unknown = JSON.parse(sessionStorage.getItem(name) ?? 'null')
    return isPlace(place) ? place : undefined
  } catch {
    return undefined
  }
}

/** Undefined: at the top. */
export function writePlace(place: Place | undefined): void {
  try {
    if (place === undefined) sessionStorage.removeItem(name)
    else sessionStorage.setItem(name, JSON.stringify(place))
  } catch {
    // Without storage a reload begins at the top.
  }
}

export function pagesBefore(): number {
  return readPlace()?.pages ?? 1
}

function isPlace(value: unknown): value is Place {
  return hasMembers(value, { id: 'string', top: 'number', pages: 'number' })
}
