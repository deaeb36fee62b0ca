/** What this page itself could not do. What the server refused stands at its row. */
export type Problem = { readonly about: 'field' | 'row'; readonly words: string }

/** There from the first paint, so that what appears in it is announced. */
export function ProblemLine({ problem }: { readonly problem: Problem | undefined }) {
  return (
    <p id="problem" role="alert" className="problem">
      {problem?.words}
    </p>
  )
}
