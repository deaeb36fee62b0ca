import type { RefusalCode } from '@idem/contract/refusal'
import type { TodoRefusal } from '../operations/operation.ts'
import { type Intent, operationOf } from '../operations/operations.ts'
import type { TodoEntry, TodoSnapshot } from '../sending/intent.ts'

type Settled = TodoSnapshot['settled'][number]

export function operationText(intent: Intent): string {
  return `${operationOf(intent).words.name} “${intent.title}”`
}

/** The end of a key: its beginning is a time, which neighbours share. */
export function shortKey(key: string): string {
  return key.slice(-8)
}

/** How often it was sent, and how often it had an effect. */
export function settledText({ wasDiscarded }: Settled, sent: string): string {
  const words = `${sent}, saved once`
  return wasDiscarded ? `${words}, before it could be discarded` : words
}

/** Sent, if all have left this device. Of an attempt without an answer that is not known. */
export function sentText(count: number, verb: 'sent' | 'tried'): string {
  if (count === 0) return 'not sent yet'
  return count === 1 ? `${verb} once` : `${verb} ${count} times`
}

export function stateText({ status, isDiscarding }: TodoEntry, now: number): string {
  switch (status.state) {
    case 'queued':
      return isDiscarding ? 'Discarding' : 'Queued'
    case 'sending':
      return isDiscarding ? 'Discarding…' : 'Sending…'
    case 'waiting': {
      const seconds = Math.max(0, Math.ceil((status.retryAt - now) / 1_000))
      return `${isDiscarding ? 'Discarding' : 'Trying'} again in ${seconds} s`
    }
    case 'needs_person':
      return 'Needs your decision'
  }
}

export function errorText({ lastError, status }: TodoEntry): string | undefined {
  if (status.state === 'needs_person' && status.question.kind === 'restored') {
    return 'the server was restored from a backup'
  }
  switch (lastError?.kind) {
    case undefined:
      return undefined
    case 'no_answer':
      return 'no answer'
    case 'refused':
      return reasonText(lastError.refusal)
    case 'storage':
      return lastError.isFull ? 'this device’s storage is full' : 'this device’s storage failed'
  }
}

export function otherAccountsText(count: number): string {
  return count === 1
    ? '1 change of another account waits on this device; it is sent when that signs in again.'
    : `${count} changes of other accounts wait on this device; they are sent when those sign in again.`
}

function reasonText({ code }: TodoRefusal): string {
  return new Map(Object.entries(reasons)).get(`${code}`) ?? 'refused by the server'
}

const reasons: Partial<Record<RefusalCode, string>> = {
  cancelled: 'discarded before',
  forbidden: 'not allowed',
  id_taken: 'another todo has its place',
  in_flight: 'the first attempt is still running',
  invalid_input: 'not accepted by the server',
  key_expired: 'waited too long',
  key_from_future: 'this device’s clock is ahead',
  not_found: 'deleted on another device',
  other_account: 'another account is signed in',
  too_many: 'the server is busy',
  unauthenticated: 'you are not signed in',
  unavailable: 'the server is busy',
  unexpected: 'the server has failed',
  version_conflict: 'changed on another device',
}
