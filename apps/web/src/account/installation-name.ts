/** The installation that sent this page. The server writes it; in development there is none. */
export function installationOfPage(): string | undefined {
  return globalThis.document?.documentElement.dataset.installation
}

/**
 * Begins the name of everything that the device stores: several installations may be at one origin, whose
 * storage, locks and channels are common, and none shows or sends what belongs to another.
 */
export function installationName(installationId = installationOfPage()): string {
  return `todos ${installationId}`
}

/** The name of an item in the storage of the browser. */
export function storedItem(name: string): string {
  return `${installationName()} ${name}`
}
