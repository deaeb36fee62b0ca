import { NotWrittenError } from '@idem/outbox'

/** Why a text was not added: `what` is the subject, as in "this". */
export function notAdded(what: string, error: unknown): string {
  return error instanceof NotWrittenError && error.isFull
    ? `This device’s storage is full, so ${what} was not added.`
    : `Writing to this device failed, so ${what} was not added.`
}
