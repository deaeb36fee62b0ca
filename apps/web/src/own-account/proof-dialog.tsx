import { authRequest } from '../account/auth-request.ts'
import { AuthForm } from '../sign-in/auth-form.tsx'
import { passwordField } from '../sign-in/fields.ts'
import { Dialog } from './dialog.tsx'
import { UsernameHint } from './username-hint.tsx'

type Props = {
  readonly account: string
  readonly email: string
  readonly onAnswered: (isProven: boolean) => void
}

/** Asks who is there, before something that a stranger at this device must not do. */
export function ProofDialog({ account, email, onAnswered }: Props) {
  return (
    <Dialog title="Is it you?" onClose={() => onAnswered(false)}>
      <p className="mb-4 text-small text-quiet">
        You gave your password more than five minutes ago. Give it again to go on.
      </p>
      <AuthForm
        send={(body) => authRequest('reauthenticate', { body, account })}
        fields={[passwordField]}
        button="Continue"
        refusals={{ reauthentication_required: 'The password is wrong.' }}
        onDone={() => {
          onAnswered(true)
          return undefined
        }}
      >
        <UsernameHint email={email} />
      </AuthForm>
      <button type="button" className="quiet-button mt-1 w-full" onClick={() => onAnswered(false)}>
        Cancel
      </button>
    </Dialog>
  )
}
