/**
 * The statements of a file, without their semicolons. Citus sends a change of a distributed table to its nodes with all
 * the text that came with it, and they take one statement.
 */
export function statementsOf(sql: string): string[] {
  const statements = ['']
  for (const [piece] of sql.matchAll(pieces)) {
    if (piece === ';') statements.push('')
    else if (!isComment.test(piece)) statements.push(`${statements.pop()}${piece}`)
  }
  return statements.map((each) => each.trim()).filter((each) => each !== '')
}

/** Comments, texts with and without escapes, names, quoted bodies, and any other character. */
const pieces =
  /--.*|\/\*[\s\S]*?\*\/|\b[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"[^"]*"|\$(\w*)\$[\s\S]*?\$\1\$|[\s\S]/g
const isComment = /^(--|\/\*)/
