import type { AuthAnswer } from '../../account/auth-request.ts'
import { AuthForm } from '../../sign-in/auth-form.tsx'
import type { Field } from '../../sign-in/form-field.tsx'
import { QrCode } from './qr-code.tsx'

/** What an app needs. */
export type AppSecret = { readonly secret: string; readonly uri: string }

type Props = AppSecret & {
  readonly send: (code: string) => Promise<AuthAnswer>
  readonly onDone: (text: string) => undefined
}

/** The secret on its way into an app, and the first code out of it. */
export function SetUpApp({ secret, uri, send, onDone }: Props) {
  return (
    <>
      <p className="text-small">
        Scan this with an app for codes, such as a password manager, or{' '}
        <a className="underline" href={uri}>
          open it in an app on this device
        </a>
        , or write its secret there:
      </p>
      <QrCode text={uri} label="QR code of the secret" />
      <p className="mb-4 font-mono text-small wrap-anywhere">
        {secret.replaceAll(/.{4}(?=.)/g, '$& ')}
      </p>
      <AuthForm
        send={({ code = '' }) => send(code)}
        fields={[codeField]}
        button="Use this app"
        look="plain-button"
        refusals={{ forbidden: 'This took too long. Cancel, and begin again.' }}
        onDone={onDone}
      />
    </>
  )
}

const codeField: Field = {
  name: 'code',
  label: 'Code of the app',
  type: 'text',
  autoComplete: 'one-time-code',
  hint: 'The six digits that it shows now.',
  error: (text) => (/^\s*(\d\s*){6}$/.test(text) ? undefined : 'Write the six digits.'),
  refused: 'This is not the code of now. Check the time of the device with the app.',
}
