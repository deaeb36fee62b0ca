import { useRef, useState } from 'react'
import type { PasskeyUse } from '../account/passkey.ts'

type Props = {
  readonly use: PasskeyUse
  readonly words: string
  /** Called with the text of the answer. Returns what stands in the way nevertheless. */
  readonly onDone: (text: string) => string | undefined
}

/** A passkey in place of all that is written. */
export function PasskeyButton({ use, words, onDone }: Props) {
  const isBusy = useRef(false)
  const [problem, setProblem] = useState<string>()

  async function sign(): Promise<void> {
    // The second click of a double click.
    if (isBusy.current) return
    isBusy.current = true
    setProblem(undefined)
    try {
      const { sendPasskey } = await import('../account/passkey.ts')
      const answer = await sendPasskey(use)
      if (answer.state === 'done') return setProblem(onDone(answer.text))
      setProblem(answer.code === 'forbidden' ? 'This passkey is not accepted here.' : answer.words)
    } catch {
      setProblem('The server cannot be reached. Check the network, then try again.')
    } finally {
      isBusy.current = false
    }
  }

  return (
    <>
      <button type="button" className="plain-button mt-4 w-full" onClick={sign}>
        {words}
      </button>
      <p role="alert" className="problem">
        {problem}
      </p>
    </>
  )
}
