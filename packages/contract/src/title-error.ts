const longestTitle = 500

/** The reason why a trimmed title is not accepted, for a person; undefined when it is. */
export function titleError(title: string): string | undefined {
  if (!visible.test(title)) return 'A title needs at least one visible character.'
  if (codePoints(title) > longestTitle) return `A title has at most ${longestTitle} characters.`
  // PostgreSQL stores neither.
  if (title.includes('\0') || !title.isWellFormed()) {
    return 'A title must not contain NUL or a lone surrogate.'
  }
  return undefined
}

/** Checks a trimmed title. */
export function isTitle(title: string): boolean {
  return titleError(title) === undefined
}

// Neither a space, a control or format character (a zero-width space, a mark of direction), one that Unicode
// tells fonts to ignore (a filler, a variation selector), nor the empty Braille pattern.
const visible = /[^\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u

function codePoints(text: string): number {
  // A string of at most 500 UTF-16 units is short enough; only a longer one needs counting.
  return text.length <= longestTitle ? text.length : [...text].length
}
