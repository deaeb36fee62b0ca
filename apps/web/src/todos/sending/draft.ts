import { storedItem } from '../../account/installation-name.ts'
import { mintId } from './mint-id.ts'

/**
 * The name of this tab's draft. It survives a reload, and a new tab has another one: a draft of one tab
 * must not be offered and sent in another.
 */
export function draftName(): string {
  try {
    const name = storedItem('tab')
    const known = sessionStorage.getItem(name)
    if (known !== null) return `draft ${known}`
    const tab = mintId()
    sessionStorage.setItem(name, tab)
    return `draft ${tab}`
  } catch {
    return 'draft'
  }
}
