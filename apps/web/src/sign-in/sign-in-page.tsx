'use client'

import { useEffect, useState } from 'react'
import { rememberedAccount } from '../account/account-of-page.ts'
import { answerIn, authRequest } from '../account/auth-request.ts'
import { countWaiting, deleteLeftovers } from '../account/waiting-changes.ts'
import { AuthForm } from './auth-form.tsx'
import { emailField, passwordField } from './fields.ts'
import { openList } from './open-list.ts'
import { PasskeyButton } from './passkey-button.tsx'
import { type Factors, SecondStep } from './second-step.tsx'
import { SignInFrame } from './sign-in-frame.tsx'

export function SignInPage() {
  const [waiting, setWaiting] = useState(0)
  const [factors, setFactors] = useState<Factors>()

  useEffect(() => {
    const before = rememberedAccount()
    if (before === undefined) void openListIfSignedIn()
    deleteLeftovers()
      .then(() => countWaiting(undefined))
      .then(setWaiting, () => undefined)

    /** Somebody has signed in in another tab. */
    function follow(): void {
      const now = rememberedAccount()
      if (now !== undefined && now !== before) location.replace('.')
    }
    addEventListener('storage', follow)
    return () => removeEventListener('storage', follow)
  }, [])

  function done(text: string): string | undefined {
    const { secondFactor } = Object(answerIn(text))
    if (secondFactor === undefined) return openList(text)
    const { totp, passkey } = Object(secondFactor)
    setFactors({ totp: totp === true, passkey: passkey === true })
    return undefined
  }

  if (factors !== undefined) {
    return (
      <SignInFrame title="Sign in">
        <SecondStep factors={factors} onBack={() => setFactors(undefined)} />
      </SignInFrame>
    )
  }
  return (
    <SignInFrame title="Sign in">
      <AuthForm
        send={(body) => authRequest('sign-in', { body })}
        fields={[emailField, passwordField]}
        button="Sign in"
        refusals={{ unauthenticated: 'The e-mail address or the password is wrong.' }}
        onDone={done}
      />
      <PasskeyButton
        use={{ action: 'sign-in-passkey' }}
        words="Sign in with a passkey"
        onDone={openList}
      />
      {waiting > 0 && <p className="mt-4 text-small">{waitingWords(waiting)}</p>}
      <p className="mt-4 text-small text-quiet">
        No account, or a forgotten password? The person who runs this server can send you a link.
      </p>
    </SignInFrame>
  )
}

function waitingWords(count: number): string {
  return count === 1
    ? '1 change waits on this device. It is sent when its account has signed in.'
    : `${count} changes wait on this device. They are sent when their account has signed in.`
}

/** The browser may have lost what the page remembers, and not the session. */
async function openListIfSignedIn(): Promise<void> {
  try {
    const response = await fetch('api/auth/session', { cache: 'no-store' })
    if (response.ok) openList(await response.text())
  } catch {
    // Without an answer the form is there.
  }
}
