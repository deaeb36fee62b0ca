/** The public mark of the error. An import of Next would make it a dependency. */
const mark = 'NEXT_REDIRECT'

/** The digest of an error of `redirect()` or `permanentRedirect()`; undefined for any other error. */
export function redirectOf(error: unknown): string | undefined {
  const { digest } = Object(error)
  return typeof digest === 'string' && digest.startsWith(`${mark};`) ? digest : undefined
}

/** The error by which Next redirects. */
export function redirectError(digest: string): Error {
  return Object.assign(new Error(mark), { digest })
}
