/** An intent was not accepted, because it could not be stored. */
export class NotWrittenError extends Error {
  override readonly name = 'NotWrittenError'
  /** The device has no space left. */
  declare readonly isFull: boolean

  constructor(cause: unknown) {
    super('This could not be stored.', { cause })
    this.isFull = isStorageFull(cause)
  }
}

export function isStorageFull(error: unknown): boolean {
  return Object(error).name === 'QuotaExceededError'
}
