/** An error of the page itself. Refusals of the server are shown at their rows. */
export type PageError = { readonly about: 'field' | 'row'; readonly words: string }

/** Rendered from the first paint, so that screen readers announce its changes. */
export function PageErrorLine({ problem }: { readonly problem: PageError | undefined }) {
  return (
    <p id="problem" role="alert" className="problem">
      {problem?.words}
    </p>
  )
}
