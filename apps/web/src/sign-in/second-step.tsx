import { authRequest } from '../account/auth-request.ts'
import { AuthForm } from './auth-form.tsx'
import { codeField, recoveryField } from './fields.ts'
import { openList } from './open-list.ts'
import { PasskeyButton } from './passkey-button.tsx'

/** The second factors that an account has beside its recovery codes. */
export type Factors = { readonly totp: boolean; readonly passkey: boolean }

type Props = { readonly factors: Factors; readonly onBack: () => void }

/** After the password: a code of the app, a recovery code, or a passkey. */
export function SecondStep({ factors, onBack }: Props) {
  return (
    <div ref={(step) => step?.querySelector('input')?.focus()}>
      <AuthForm
        send={(body) => authRequest('sign-in-code', { body })}
        fields={[factors.totp ? codeField : recoveryField]}
        button="Sign in"
        refusals={{ forbidden: 'This took too long. Go back, and give the password again.' }}
        onDone={openList}
      />
      {factors.passkey && (
        <PasskeyButton
          use={{ action: 'sign-in-passkey' }}
          words="Use a passkey"
          onDone={openList}
        />
      )}
      <button type="button" className="quiet-button mt-2 -ml-3" onClick={onBack}>
        Back
      </button>
      <p className="mt-4 text-small text-quiet">
        Lost all of these? The person who runs this server can reset them.
      </p>
    </div>
  )
}
