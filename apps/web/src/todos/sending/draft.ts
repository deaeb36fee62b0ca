import { mintId } from './mint-id.ts'

/**
 * The name of this tab's draft. It survives a reload, and a new tab has another one: a draft of one tab
 * must not be offered and sent in another.
 */
export function draftName(): string {
  try {
    const known = sessionStorage.getItem('tab')
    if (known !== null) return `draft ${known}`
    const tab = mintId()
    sessionStorage.setItem('tab', tab)
    return `draft ${tab}`
  } catch {
    return 'draft'
  }
}
