import { AuthForm } from '../../sign-in/auth-form.tsx'
import { nameField } from '../../sign-in/fields.ts'
import { Section } from '../section.tsx'
import { useAction } from '../use-action.ts'
import type { OwnPage } from '../use-own-account.ts'

export function ProfileSection({ page }: { readonly page: OwnPage }) {
  const { message, setMessage } = useAction(page)
  return (
    <Section title="Profile" message={message}>
      <p className="mb-4 wrap-anywhere">{page.own.email}</p>
      <AuthForm
        send={(body) => page.act('rename', body)}
        fields={[{ ...nameField, value: page.own.name }]}
        button="Save the name"
        look="plain-button"
        refusals={{}}
        onDone={() => {
          setMessage({ kind: 'done', words: 'The name is saved.' })
          return undefined
        }}
      />
    </Section>
  )
}
