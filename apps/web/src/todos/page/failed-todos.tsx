import { Quoted } from '../../shell/quoted.tsx'
import type { Failed } from './use-adding.ts'

type Props = {
  readonly failed: readonly Failed[]
  readonly onAgain: () => void
  readonly onDiscard: () => void
}

/** Texts that could not be stored. Rendered from the first paint, so that screen readers announce them. */
export function FailedTodos({ failed, onAgain, onDiscard }: Props) {
  return (
    <div role="alert" className="-mx-3 flex basis-full flex-wrap empty:hidden">
      {failed.map(({ submission, words }) => (
        <p key={submission.key} className="problem basis-full px-3 wrap-anywhere">
          <Quoted words={words} />
        </p>
      ))}
      {failed.length > 0 && (
        <>
          <button type="button" className="quiet-button" onClick={onAgain}>
            Add again
          </button>
          <button type="button" className="quiet-button" onClick={onDiscard}>
            Discard
          </button>
        </>
      )}
    </div>
  )
}
