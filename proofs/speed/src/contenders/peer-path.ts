/** A file of the project with the packages that are compared, which is not part of the workspace. */
export function peerPath(path: string): string {
  return new URL(`../../peers/${path}`, import.meta.url).pathname
}
