import type { ReactNode } from 'react'
import { SignInFrame } from './sign-in-frame.tsx'
import { useLinkToken } from './use-link-token.ts'

type Props = { readonly title: string; readonly children: (token: string) => ReactNode }

/** A page that a link opens. */
export function LinkPage({ title, children }: Props) {
  const token = useLinkToken()
  return (
    <SignInFrame title={title}>
      {token === '' ? (
        <p role="alert">This page needs the whole link. Open it again, as you received it.</p>
      ) : (
        children(token ?? '')
      )}
      <p className="mt-4">
        <a className="quiet-button -ml-3 inline-grid place-items-center" href="sign-in">
          Sign in
        </a>
      </p>
    </SignInFrame>
  )
}
