/** The Chromium that `npm test` found or installed. */
export function chromiumPath(): string {
  const path = process.env.IDEM_CHROMIUM
  if (path) return path
  throw new Error(
    'The tests of the page need Chromium: run them with npm test, which finds one, or set IDEM_CHROMIUM to its path.',
  )
}
