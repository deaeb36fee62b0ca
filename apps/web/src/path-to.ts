/** The prefix of every path of this installation, such as `/todos`; empty at the root of a host. */
const basePath = process.env.BASE_PATH ?? ''

/**
 * The path of a page, an API or a file of this installation: `/sign-in` is `/todos/sign-in` below `/todos`. The
 * build contains a placeholder, which the server replaces; so the prefix is put in front of a path and never
 * examined: a minifier would examine the placeholder.
 */
export function pathTo(path: `/${string}`): string {
  return `${basePath}${path}`
}
