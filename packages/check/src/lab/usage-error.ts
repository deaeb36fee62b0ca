/** The check cannot begin: the message tells the person what to change. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
