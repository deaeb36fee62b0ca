'use client'

import { useState } from 'react'
import { authRequest } from '../account/auth-request.ts'
import { AuthForm } from './auth-form.tsx'
import { newPasswordField } from './fields.ts'
import { LinkPage } from './link-page.tsx'

export function ResetPage() {
  const [isDone, setDone] = useState(false)

  function done(): undefined {
    setDone(true)
  }

  return (
    <LinkPage title="New password">
      {(token) =>
        isDone ? (
          // The field that had the focus is gone.
          <p ref={(words) => words?.focus()} tabIndex={-1}>
            Your new password is set, and all devices are signed out.
          </p>
        ) : (
          <AuthForm
            send={(body) => authRequest('reset', { body: { ...body, token } })}
            fields={[newPasswordField]}
            button="Set the password"
            refusals={{
              forbidden:
                'This link was used or is too old. If your new password was set just now, sign in.',
            }}
            onDone={done}
          />
        )
      }
    </LinkPage>
  )
}
