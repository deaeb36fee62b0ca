/** The code of an error of `pg`, or the name for one that has none, see `sqlStateOf`. */
export function driverStateOf(error: Error): string | undefined {
  const { code } = error as Error & { readonly code?: unknown }
  return typeof code === 'string' ? code : wordedState(error)
}

/** Only its message identifies an error to which `pg` gives no code. */
export function wordedState({ message }: Error): string | undefined {
  return wordings.find(([words]) => message.includes(words))?.[1]
}

const wordings: readonly (readonly [words: string, state: string])[] = [
  ['timeout exceeded when trying to connect', 'pool_wait'],
  ['Connection terminated due to connection timeout', 'pool_wait'],
  ['Connection terminated', 'connection_lost'],
  ['is not queryable', 'connection_lost'],
  ['Query read timeout', 'ETIMEDOUT'],
]
