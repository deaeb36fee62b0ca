/** The server under test may send what a terminal obeys, such as a jump of the cursor over a verdict. */
export function printable(text: string): string {
  return text.replace(
    /\p{Cc}/gu,
    (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
