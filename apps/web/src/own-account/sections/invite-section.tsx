import type { OpenInvite } from '@idem/contract/own-account'
import { useState } from 'react'
import { memberOf } from '../../account/auth-request.ts'
import { Disclosure } from '../disclosure.tsx'
import { RowList } from '../row-list.tsx'
import { Section } from '../section.tsx'
import { ShownOnce } from '../shown-once.tsx'
import { daysUntil, timeText } from '../time-text.ts'
import { useAction } from '../use-action.ts'
import type { OwnPage } from '../use-own-account.ts'

export function InviteSection({ page }: { readonly page: OwnPage }) {
  const { message, setMessage, run } = useAction(page)
  const [link, setLink] = useState<string>()

  async function invite(): Promise<void> {
    const text = await run({ action: 'create-invite', done: 'The link is made.' })
    if (text !== undefined) setLink(memberOf(text, 'url'))
  }

  return (
    <Section title="Invite" message={message}>
      <p className="mb-2 text-small text-quiet">
        By a link one person makes an account, within 72 hours. Accounts do not see each other’s
        todos.
      </p>
      <RowList
        label="Open links"
        rows={page.own.invites.map((invite) => ({
          id: invite.id,
          title: titleOf(invite),
          about: `Expires ${daysUntil(invite.expiresAt)}`,
          buttons: (
            <button
              type="button"
              className="quiet-button"
              aria-label={`Withdraw the link: ${titleOf(invite)}`}
              onClick={() =>
                run({
                  action: 'withdraw-invite',
                  body: { id: invite.id },
                  done: 'The link is withdrawn.',
                  gone: 'This link was used, or withdrawn before.',
                })
              }
            >
              Withdraw
            </button>
          ),
        }))}
      />
      <div className="mt-4">
        <Disclosure button="Make a link" onOpen={invite}>
          {link && (
            <ShownOnce
              label="The link"
              text={link}
              hint="It is shown only now. Send it to one person, by a way that nobody else reads."
              onDone={() => {
                setLink(undefined)
                setMessage(undefined)
              }}
            />
          )}
        </Disclosure>
      </div>
    </Section>
  )
}

function titleOf({ isOwn, createdAt }: OpenInvite): string {
  return `Made ${timeText(createdAt)} by ${isOwn ? 'you' : 'the operator'}`
}
