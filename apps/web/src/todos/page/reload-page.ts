/** Loads the current release of the page, for which entries in the outbox may wait. */
export function reloadPage(): void {
  location.reload()
}
