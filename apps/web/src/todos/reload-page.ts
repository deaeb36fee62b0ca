/** Loads the release that the server has now. What waits in the outbox waits for it. */
export function reloadPage(): void {
  location.reload()
}
