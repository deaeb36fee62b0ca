/**
 * Opens a connection. If that fails, the error names the database that was meant,
 * because a `.env` of another environment is a common mistake. It never contains
 * the password.
 */
export async function reach<T>(url: string, connect: () => Promise<T>): Promise<T> {
  try {
    return await connect()
  } catch (error) {
    throw new Error(`${placeOf(url)}: ${messageOf(error)}`, { cause: error })
  }
}

function placeOf(url: string): string {
  // A URL of a Unix socket may have a user and no host.
  const full = url.replace('@/', '@localhost/')
  if (!URL.canParse(full)) {
    return 'DATABASE_URL cannot be read as a URL; percent-encode the special characters of its password'
  }
  const { username, host, pathname } = new URL(full)
  const user = username === '' ? '' : `${username}@`
  return `DATABASE_URL (${user}${host}${pathname}) gives no connection`
}

/** When both addresses of a host refuse, the message is empty. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
