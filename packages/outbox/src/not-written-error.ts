/** An intent was not accepted, because it could not be written down. */
export class NotWrittenError extends Error {
  override readonly name = 'NotWrittenError'
  /** There is no room on the device. */
  readonly isFull: boolean

  constructor(cause: unknown) {
    super('This could not be stored on this device.', { cause })
    this.isFull = isStorageFull(cause)
  }
}

export function isStorageFull(error: unknown): boolean {
  return error instanceof Error && error.name === 'QuotaExceededError'
}
