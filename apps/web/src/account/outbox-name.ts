const first = 'installation'

type Memory = Pick<Storage, 'getItem' | 'setItem'>

/** The installation that sent this page. The server writes it; in development there is none. */
export function installationOfPage(): string | undefined {
  return globalThis.document?.documentElement.dataset.installation
}

/**
 * The name under which the device stores what a person did and saw: each installation at this address has
 * its own, so that none shows or sends what belongs to another.
 */
export function outboxName(
  installationId: string | undefined,
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
