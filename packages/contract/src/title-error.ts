const longestTitle = 500

/** The reason why a trimmed title is not accepted, for a person; undefined when it is. */
export function titleError(title: string): string | undefined {
  if (title === '') return 'A title needs at least one character that is not a space.'
  if (codePoints(title) > longestTitle) return `A title has at most ${longestTitle} characters.`
  // PostgreSQL stores neither.
  if (title.includes('\0') || !title.isWellFormed()) {
    return 'A title must not contain NUL or a lone surrogate.'
  }
  return undefined
}

function codePoints(text: string): number {
  // A string of at most 500 UTF-16 units is short enough; only a longer one needs counting.
  return text.length <= longestTitle ? text.length : [...text].length
}
