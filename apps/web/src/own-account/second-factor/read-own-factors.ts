import { hasMembers } from '@idem/contract/has-members'
import type { OwnFactors } from '@idem/contract/own-factors'

/** Undefined without an answer, or when nobody is signed in. */
export async function readOwnFactors(): Promise<OwnFactors | undefined> {
  try {
    const response = await fetch('api/auth/second-factors', { cache: 'no-store' })
    const factors: unknown = response.ok ? await response.json() : undefined
    return isOwnFactors(factors) ? factors : undefined
  } catch {
    return undefined
  }
}

/** The entries of the list are those of the release that sent this page. */
function isOwnFactors(value: unknown): value is OwnFactors {
  return (
    hasMembers(value, { isRequired: 'boolean', hasTotp: 'boolean', recoveryCodes: 'number' }) &&
    Array.isArray(value.passkeys)
  )
}
