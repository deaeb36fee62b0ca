import type { OwnFactors } from '@idem/contract/own-factors'
import { useEffect, useState } from 'react'
import { authRequest } from '../account/auth-request.ts'
import { Dialog } from '../shell/dialog.tsx'
import { AuthForm } from '../sign-in/auth-form.tsx'
import { codeField, passwordField, recoveryField } from '../sign-in/fields.ts'
import type { Field } from '../sign-in/form-field.tsx'
import { PasskeyButton } from '../sign-in/passkey-button.tsx'
import { readOwnFactors } from './second-factor/read-own-factors.ts'
import { UsernameHint } from './username-hint.tsx'

type Props = {
  readonly account: string
  readonly email: string
  readonly onAnswered: (isProven: boolean) => void
}

/** Asks who is there, before something that a stranger at this device must not do. */
export function ProofDialog({ account, email, onAnswered }: Props) {
  const [factors, setFactors] = useState<OwnFactors>()
  const hasPasskey = factors !== undefined && factors.passkeys.length > 0

  useEffect(() => {
    void readOwnFactors().then(setFactors)
  }, [])

  function proven(): undefined {
    onAnswered(true)
  }

  return (
    <Dialog title="Is it you?" onClose={() => onAnswered(false)}>
      <p className="mb-4 text-small text-quiet">
        You showed more than five minutes ago who you are. Do it again to go on.
      </p>
      <AuthForm
        send={(body) => authRequest('reauthenticate', { body, account })}
        fields={[passwordField, ...codeFields(factors)]}
        button="Continue"
        refusals={{ reauthentication_required: 'The password is wrong.' }}
        onDone={proven}
      >
        <UsernameHint email={email} />
      </AuthForm>
      {hasPasskey && (
        <PasskeyButton
          use={{ action: 'reauthenticate-passkey', account }}
          words="Use a passkey"
          onDone={proven}
        />
      )}
      <button type="button" className="quiet-button mt-1 w-full" onClick={() => onAnswered(false)}>
        Cancel
      </button>
    </Dialog>
  )
}

/** A second factor is asked for too, unless a passkey takes the place of both. */
function codeFields(factors: OwnFactors | undefined): Field[] {
  if (factors?.hasTotp) return [codeField]
  return factors && factors.passkeys.length > 0 ? [recoveryField] : []
}
