import { useRef, useState } from 'react'
import type { AuthAction, AuthInput } from '../account/auth-request.ts'
import type { Message } from './section.tsx'
import type { OwnPage } from './use-own-account.ts'

type Wanted = {
  readonly action: AuthAction
  readonly body?: AuthInput
  /** Said when it is done. */
  readonly done: string
  /** Said instead when another tab or person was faster. */
  readonly gone?: string
}

/** One action of a section at a time, and how it went. */
export function useAction({ act, refresh }: Pick<OwnPage, 'act' | 'refresh'>) {
  const [message, setMessage] = useState<Message>()
  const isBusy = useRef(false)

  /** Returns the text of the answer; undefined when it failed. */
  async function run({ action, body, done, gone = done }: Wanted): Promise<string | undefined> {
    // The second click of a double click.
    if (isBusy.current) return undefined
    isBusy.current = true
    setMessage(undefined)
    const answer = await act(action, body)
    isBusy.current = false
    const isGone = answer.state === 'failed' && answer.code === 'not_found'
    if (answer.state === 'failed' && !isGone) {
      setMessage({ kind: 'problem', words: answer.words })
      return undefined
    }
    await refresh()
    setMessage({ kind: 'done', words: isGone ? gone : done })
    return answer.state === 'done' ? answer.text : ''
  }

  return { message, setMessage, run }
}
