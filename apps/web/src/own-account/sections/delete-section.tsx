import { deleteOutbox } from '@idem/outbox/device'
import { useState } from 'react'
import { outboxName } from '../../account/outbox-name.ts'
import { forgetAccount } from '../../account/remember-account.ts'
import { ConfirmDialog } from '../confirm-dialog.tsx'
import { Section } from '../section.tsx'
import { useAction } from '../use-action.ts'
import type { OwnPage } from '../use-own-account.ts'

export function DeleteSection({ page }: { readonly page: OwnPage }) {
  const { own, act } = page
  const { message, setMessage } = useAction(page)
  const [isAsking, setAsking] = useState(false)

  async function deleteAccount(): Promise<void> {
    const answer = await act('delete-account')
    if (answer.state === 'failed') return setMessage({ kind: 'problem', words: answer.words })
    // Nobody can send what waits here any more.
    await deleteOutbox(outboxName(own.account)).catch(() => undefined)
    forgetAccount()
    location.replace('sign-in')
  }

  return (
    <Section title="Delete the account" message={message}>
      <p className="mb-4 text-small text-quiet">
        The account, its todos and its API keys are deleted for good.
        {own.mayInvite && ' Afterwards only the operator of this server can invite people.'}
      </p>
      <button type="button" className="plain-button text-alarm" onClick={() => setAsking(true)}>
        Delete the account
      </button>
      {isAsking && (
        <ConfirmDialog
          title={`Delete ${own.email}?`}
          words="All its todos are deleted, also those that this device has not sent yet. Nothing brings them back. Export them first if you need them."
          button="Delete the account"
          onClose={() => setAsking(false)}
          onConfirm={deleteAccount}
        />
      )}
    </Section>
  )
}
