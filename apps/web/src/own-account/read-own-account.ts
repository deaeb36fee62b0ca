import { hasMembers } from '@idem/contract/has-members'
import type { OwnAccount } from '@idem/contract/own-account'
import { readOwnFactors } from './second-factor/read-own-factors.ts'

export type Read =
  | { readonly state: 'reading' }
  | { readonly state: 'failed' }
  | { readonly state: 'signed_out' }
  /** The server requires a second factor first. */
  | { readonly state: 'set_up' }
  | { readonly state: 'read'; readonly own: OwnAccount }

export async function readOwnAccount(): Promise<Read> {
  try {
    const response = await fetch('api/auth/account', { cache: 'no-store' })
    if (response.status === 401) {
      const mustSetUp = (await readOwnFactors()) !== undefined
      return { state: mustSetUp ? 'set_up' : 'signed_out' }
    }
    const own: unknown = response.ok ? await response.json() : undefined
    return isOwnAccount(own) ? { state: 'read', own } : { state: 'failed' }
  } catch {
    return { state: 'failed' }
  }
}

/** The entries of the lists are those of the release that sent this page. */
function isOwnAccount(value: unknown): value is OwnAccount {
  return (
    hasMembers(value, {
      ...{ account: 'string', name: 'string', email: 'string', mayInvite: 'boolean' },
    }) &&
    Array.isArray(value.sessions) &&
    Array.isArray(value.apiKeys) &&
    Array.isArray(value.invites)
  )
}
