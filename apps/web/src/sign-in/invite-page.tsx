'use client'

import { authRequest } from '../account/auth-request.ts'
import { AuthForm } from './auth-form.tsx'
import { emailField, nameField, newPasswordField } from './fields.ts'
import { LinkPage } from './link-page.tsx'
import { openList } from './open-list.ts'

export function InvitePage() {
  return (
    <LinkPage title="Make an account">
      {(token) => (
        <AuthForm
          send={(body) => authRequest('claim', { body: { ...body, token } })}
          fields={[nameField, emailField, { ...newPasswordField, label: 'Password' }]}
          button="Make the account"
          refusals={{
            forbidden:
              'This link does not work any more, or the address has an account. If you made your account just now, sign in.',
          }}
          onDone={openList}
        />
      )}
    </LinkPage>
  )
}
