import { useState } from 'react'
import { AuthForm } from '../../sign-in/auth-form.tsx'
import { newPasswordField, passwordField } from '../../sign-in/fields.ts'
import { Disclosure } from '../disclosure.tsx'
import { Section } from '../section.tsx'
import { useAction } from '../use-action.ts'
import type { OwnPage } from '../use-own-account.ts'
import { UsernameHint } from '../username-hint.tsx'

const fields = [
  {
    ...passwordField,
    name: 'current',
    label: 'Present password',
    refused: 'The present password is wrong.',
  },
  newPasswordField,
]

export function PasswordSection({ page }: { readonly page: OwnPage }) {
  const { message, setMessage } = useAction(page)
  const [isOpen, setOpen] = useState(false)

  function done(): undefined {
    setOpen(false)
    setMessage({
      kind: 'done',
      words: 'The new password is set, and all other devices are signed out.',
    })
    void page.refresh()
  }

  return (
    <Section title="Password" message={message}>
      <Disclosure
        button="Change the password"
        onOpen={() => setOpen(true)}
        onCancel={() => setOpen(false)}
      >
        {isOpen ? (
          <AuthForm
            send={(body) => page.act('change-password', body)}
            fields={fields}
            button="Set the new password"
            look="plain-button"
            refusals={{}}
            onDone={done}
          >
            <UsernameHint email={page.own.email} />
          </AuthForm>
        ) : undefined}
      </Disclosure>
    </Section>
  )
}
