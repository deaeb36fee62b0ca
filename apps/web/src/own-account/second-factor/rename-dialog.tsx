import type { OwnPasskey } from '@idem/contract/own-factors'
import type { AuthAnswer, AuthInput } from '../../account/auth-request.ts'
import { Dialog } from '../../shell/dialog.tsx'
import { AuthForm } from '../../sign-in/auth-form.tsx'
import type { Field } from '../../sign-in/form-field.tsx'

export const passkeyName: Field = {
  name: 'name',
  label: 'Name of the passkey',
  type: 'text',
  autoComplete: 'off',
  hint: 'Where it is, such as “laptop” or “security key”.',
  error(text) {
    if (text === '') return 'Write a name, so that you know the passkey again.'
    return text.length > 100 ? 'A name has at most 100 characters.' : undefined
  },
}

type Props = {
  readonly passkey: OwnPasskey
  readonly send: (body: AuthInput) => Promise<AuthAnswer>
  readonly onClose: () => void
}

export function RenameDialog({ passkey: { id, name }, send, onClose }: Props) {
  return (
    <Dialog title={`Rename ${name}`} onClose={onClose}>
      <AuthForm
        send={(body) => send({ ...body, id })}
        fields={[{ ...passkeyName, value: name }]}
        button="Rename"
        refusals={{}}
        onDone={() => {
          onClose()
          return undefined
        }}
      />
      <button type="button" className="quiet-button mt-1 w-full" onClick={onClose}>
        Cancel
      </button>
    </Dialog>
  )
}
