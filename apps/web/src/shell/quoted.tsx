/** A sentence of the page about a title: one from right to left does not turn the rest around. */
export function Quoted({ words }: { readonly words: string }) {
  const [before, title, after] = words.split(/“(.*)”/s)
  if (title === undefined) return words
  return (
    <>
      {before}“<bdi>{title}</bdi>”{after}
    </>
  )
}
