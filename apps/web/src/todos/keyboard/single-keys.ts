import { storedItem } from '../../account/installation-name.ts'

const name = storedItem('single-keys')
let isOff: boolean | undefined

/** Whether keys without a modifier do something: speech input and tremor press them by accident. */
export function areSingleKeysOn(): boolean {
  isOff ??= readOff()
  return !isOff
}

export function switchSingleKeys(on: boolean): void {
  isOff = !on
  try {
    localStorage.setItem(name, on ? 'on' : 'off')
  } catch {
    // Without storage it lasts until the page is reloaded.
  }
}

function readOff(): boolean {
  try {
    return localStorage.getItem(name) === 'off'
  } catch {
    return false
  }
}
