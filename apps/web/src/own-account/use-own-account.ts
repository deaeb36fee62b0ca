import type { OwnAccount } from '@idem/contract/own-account'
import { useEffect, useRef, useState } from 'react'
import { rememberedAccount } from '../account/account-of-page.ts'
import {
  type AuthAction,
  type AuthAnswer,
  type AuthInput,
  authRequest,
} from '../account/auth-request.ts'
import { type Read, readOwnAccount } from './read-own-account.ts'

/** What the sections of the page share. */
export type OwnPage = {
  readonly own: OwnAccount
  /** One change. Asks for the password where the server wants it again, and then sends the change again. */
  readonly act: (action: AuthAction, body?: AuthInput) => Promise<AuthAnswer>
  /** Reads the account again. */
  readonly refresh: () => Promise<void>
}

export function useOwnAccount() {
  const [read, setRead] = useState<Read>({ state: 'reading' })
  const [isAsking, setAsking] = useState(false)
  const answered = useRef<(isProven: boolean) => void>(undefined)

  async function refresh(): Promise<void> {
    const next = await readOwnAccount()
    if (next.state === 'signed_out') return leave()
    setRead(next)
  }

  useEffect(() => {
    void refresh()
    const account = rememberedAccount()
    // Another tab has signed out, or somebody else has signed in there.
    const follow = () => rememberedAccount() !== account && location.reload()
    addEventListener('storage', follow)
    return () => removeEventListener('storage', follow)
  }, [])

  /** Resolves when the person has given the password, or has not. */
  function askAgain(): Promise<boolean> {
    setAsking(true)
    return new Promise((resolve) => {
      answered.current = (isProven) => {
        setAsking(false)
        resolve(isProven)
      }
    })
  }

  async function act(own: Pick<OwnAccount, 'account'>, action: AuthAction, body: AuthInput = {}) {
    const { account } = own
    const answer = await authRequest(action, { body, account })
    if (answer.state === 'done') return answer
    if (answer.code === 'unauthenticated') leave()
    if (answer.code === 'other_account') location.reload()
    if (answer.code !== 'reauthentication_required') return answer
    // Without a second factor a session is not prolonged.
    if (read.state === 'set_up') leave()
    if (!(await askAgain())) return { ...answer, words: 'Nothing was changed.' }
    return act(own, action, body)
  }

  return {
    read,
    refresh,
    act,
    isAsking,
    /** The password was given, or the person does not want to. */
    onAnswered: (isProven: boolean) => answered.current?.(isProven),
  }
}

/** The session has ended. The account stays remembered: its changes may wait on this device. */
function leave(): void {
  location.replace('sign-in')
}
