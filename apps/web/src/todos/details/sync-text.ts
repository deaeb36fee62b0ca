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
export function settledText({ attempts, wasDiscarded }: Settled, duplicates: number): string {
  const words = `${sentText(attempts + duplicates)}, saved once`
  return wasDiscarded ? `${words}, before it could be discarded` : words
}

export function sentText(count: number): string {
  if (count === 0) return 'not sent yet'
  return count === 1 ? 'sent once' : `sent ${count} times`
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
      return `no answer (${lastError.message})`
    case 'refused':
      return `refused: ${lastError.refusal.code}`
    case 'storage':
      return lastError.isFull ? 'this device’s storage is full' : 'this device’s storage failed'
  }
}
