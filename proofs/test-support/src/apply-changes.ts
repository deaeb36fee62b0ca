/** Replaces a text of a source file, which occurs exactly once. */
export type Change = { readonly from: string; readonly to: string }

type Changed = {
  /** The path from the root of the repository. */
  readonly file: string
  readonly changes: readonly Change[]
  /** The owner of the changes, for the error. */
  readonly owner: string
}

/**
 * Applies text changes to the source of a file.
 *
 * @throws Error unless each text occurs exactly once: a change that changes nothing would go unnoticed
 */
export function applyChanges(source: string, { file, changes, owner }: Changed): string {
  return changes.reduce((text, { from, to }) => {
    const places = text.split(from)
    if (places.length !== 2) {
      throw new Error(
        `${owner} needs its text exactly once in ${file}, but found it ${places.length - 1} times; bring it in line with the file:\n${from}`,
      )
    }
    return places.join(to)
  }, source)
}
