import { mintId } from '@idem/client/mint-id'

/**
 * The name of this tab's draft. It outlives a reload, and a new tab has another:
 * the text half written here must not be offered, and sent, a second time there.
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
