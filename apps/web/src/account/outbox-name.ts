/** The owner of everything from before sign-in, and the only one without it. */
export const firstAccount = 'local'

const first = 'installation'

type Memory = Pick<Storage, 'getItem' | 'setItem'>

/** The installation that sent this page. The server writes it; in development there is none. */
export function installationOfPage(): string | undefined {
  return globalThis.document?.documentElement.dataset.installation
}

/**
 * The name under which the device stores what belongs to an installation: each at this address has its own,
 * so that none shows or sends what belongs to another.
 */
export function installationName(
  installationId = installationOfPage(),
  memory: () => Memory = () => localStorage,
): string {
  if (installationId === undefined) return 'todos'
  try {
    if (memory().getItem(first) === null) memory().setItem(first, installationId)
    return memory().getItem(first) === installationId ? 'todos' : `todos ${installationId}`
  } catch {
    // Without storage nothing outlives this page.
    return 'todos'
  }
}

/**
 * The name under which the device stores what an account did and saw. The first account inherits what
 * was written before sign-in, so it has the name of before.
 */
export function outboxName(account: string, installation = installationName()): string {
  return account === firstAccount ? installation : `${installation} of ${account}`
}
