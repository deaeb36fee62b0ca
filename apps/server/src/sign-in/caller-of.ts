import type { IncomingMessage } from 'node:http'
import type { Accounts } from '@idem/accounts/open-accounts'
import { RefusalError } from '@idem/contract/refusal'
import { IdempotencyError } from '@idem/idempotency'
import type { Caller } from '@idem/operations/call'
import type { RefusedCall } from '../logs/refusal-logger.ts'
import type { Cookies } from './cookies.ts'

export type CallerOfSettings = {
  readonly accounts: Pick<Accounts, 'ownerOf'>
  readonly cookies: Cookies
  /** Called when a session or an API key does not admit a call. */
  readonly onRefused: (refused: RefusedCall) => void
}

/**
 * Finds the account of a request, by its session cookie or its API key. A page names the account that
 * it acts for, so that an entry of one account is never sent as another, and a change by cookie without
 * the name is refused: a page of another site cannot send the header.
 *
 * @throws RefusalError `unauthenticated`, `other_account`, `forbidden` or `invalid_input`
 * @throws IdempotencyError `unavailable` when the database could not be asked
 */
export function createCallerOf({ accounts, cookies, onRefused }: CallerOfSettings) {
  const { ownerOf } = accounts

  function acceptedOrTold(request: IncomingMessage, found: Found): Caller {
    try {
      return acceptedCaller(request, found)
    } catch (error) {
      if (error instanceof RefusalError) {
        onRefused({ refusal: error.refusal.code, owner: found.owner })
      }
      throw error
    }
  }

  return function callerOf(request: IncomingMessage): Caller | Promise<Caller> {
    const { authorization } = request.headers
    const cookie = cookies.session(request)
    if (cookie !== undefined && authorization !== undefined) {
      throw new RefusalError('invalid_input', { paths: ['Authorization'] })
    }
    const token = cookie ?? apiKeyOf(authorization)
    if (token === undefined) throw new RefusalError('unauthenticated')
    const by = cookie === undefined ? 'key' : 'cookie'
    const owner = ownerOf(token)
    if (!(owner instanceof Promise)) return acceptedOrTold(request, { owner, by })
    return owner.then((owner) => acceptedOrTold(request, { owner, by }), unavailable)
  }
}

type Found = { readonly owner: string | undefined; readonly by: 'key' | 'cookie' }

/** The limits of the server are for each account, so it is the origin of its calls too. */
export function acceptedCaller(request: IncomingMessage, { owner, by }: Found): Caller {
  const account = request.headers['idem-account']
  // An entry of another account waits for that one, so an ended session is told first.
  if (owner === undefined) throw new RefusalError('unauthenticated')
  if (account !== undefined && account !== owner) throw new RefusalError('other_account')
  if (by === 'cookie' && account === undefined && changes(request)) {
    throw new RefusalError('forbidden')
  }
  return { owner, from: owner }
}

function unavailable(cause: unknown): never {
  throw new IdempotencyError('unavailable', { began: false, cause })
}

function apiKeyOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(idem_[\w-]{43})$/i.exec(authorization ?? '')?.[1]
}

function changes({ method }: IncomingMessage): boolean {
  return method !== 'GET' && method !== 'HEAD'
}
