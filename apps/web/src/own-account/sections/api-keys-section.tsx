import type { OwnApiKey } from '@idem/contract/own-account'
import { useId, useState } from 'react'
import { memberOf } from '../../account/auth-request.ts'
import { AuthForm } from '../../sign-in/auth-form.tsx'
import type { Field } from '../../sign-in/form-field.tsx'
import { ConfirmDialog } from '../confirm-dialog.tsx'
import { Disclosure } from '../disclosure.tsx'
import { RowList } from '../row-list.tsx'
import { Section } from '../section.tsx'
import { ShownOnce } from '../shown-once.tsx'
import { daysUntil, timeText } from '../time-text.ts'
import { useAction } from '../use-action.ts'
import type { OwnPage } from '../use-own-account.ts'

const keyName: Field = {
  name: 'name',
  label: 'Name of the key',
  type: 'text',
  autoComplete: 'off',
  hint: 'What it is for, such as “backup script”.',
  error(text) {
    if (text === '') return 'Write a name, so that you know the key again.'
    return text.length > 100 ? 'A name has at most 100 characters.' : undefined
  },
}

export function ApiKeysSection({ page }: { readonly page: OwnPage }) {
  const { message, setMessage, run } = useAction(page)
  const [isOpen, setOpen] = useState(false)
  const [key, setKey] = useState<string>()
  const [doubted, setDoubted] = useState<OwnApiKey>()

  function made(text: string): undefined {
    setOpen(false)
    setKey(memberOf(text, 'key'))
    setMessage({ kind: 'done', words: 'The key is made.' })
    void page.refresh()
  }

  return (
    <Section title="API keys" message={message}>
      <p className="mb-2 text-small text-quiet">
        A program that has one does with your todos what you can do. It cannot change the account.
      </p>
      <RowList
        label="API keys"
        rows={page.own.apiKeys.map((each) => ({
          id: each.id,
          title: each.name,
          about: aboutKey(each),
          buttons: (
            <>
              {each.state === 'not_confirmed' && (
                <button
                  type="button"
                  className="quiet-button"
                  aria-label={`Confirm ${each.name}`}
                  onClick={() =>
                    run({
                      action: 'confirm-api-key',
                      body: { id: each.id },
                      done: `${each.name} works again.`,
                    })
                  }
                >
                  Confirm
                </button>
              )}
              <button
                type="button"
                className="quiet-button"
                aria-label={`Revoke ${each.name}`}
                onClick={() => setDoubted(each)}
              >
                Revoke
              </button>
            </>
          ),
        }))}
      />
      <div className="mt-4">
        <Disclosure
          button="Make a key"
          onOpen={() => setOpen(true)}
          onCancel={isOpen ? () => setOpen(false) : undefined}
        >
          {isOpen ? (
            <NewKey page={page} onDone={made} />
          ) : (
            key && (
              <ShownOnce
                label="The new key"
                text={key}
                hint="It is shown only now. Store it where the program finds it."
                onDone={() => {
                  setKey(undefined)
                  setMessage(undefined)
                }}
              />
            )
          )}
        </Disclosure>
      </div>
      {doubted && (
        <ConfirmDialog
          title={`Revoke ${doubted.name}?`}
          words="Programs that use it are refused from now on. A revoked key does not come back."
          button="Revoke"
          onClose={() => setDoubted(undefined)}
          onConfirm={() =>
            run({
              action: 'revoke-api-key',
              body: { id: doubted.id },
              done: `${doubted.name} is revoked.`,
            })
          }
        />
      )}
    </Section>
  )
}

const lifetimes = [
  ['30', '30 days'],
  ['90', '90 days'],
  ['365', 'a year'],
  ['', 'never'],
] as const

type NewKeyProps = { readonly page: OwnPage; readonly onDone: (text: string) => undefined }

function NewKey({ page, onDone }: NewKeyProps) {
  const id = useId()
  return (
    <AuthForm
      send={({ days, ...body }) =>
        page.act('create-api-key', { ...body, ...(days && { days: Number(days) }) })
      }
      fields={[keyName]}
      button="Make the key"
      look="plain-button"
      refusals={{}}
      onDone={onDone}
    >
      <div>
        <label className="form-label" htmlFor={id}>
          Expires after
        </label>
        <select id={id} name="days" className="field w-full px-3" defaultValue="90">
          {lifetimes.map(([days, words]) => (
            <option key={days} value={days}>
              {words}
            </option>
          ))}
        </select>
      </div>
    </AuthForm>
  )
}

function aboutKey({ state, lastUsedAt, expiresAt }: OwnApiKey): string {
  const used = lastUsedAt === null ? 'Never used' : `Last used ${timeText(lastUsedAt)}`
  return `${used}, ${stateText(state, expiresAt)}`
}

function stateText(state: OwnApiKey['state'], expiresAt: string | null): string {
  switch (state) {
    case 'expired':
      return 'expired'
    case 'not_confirmed':
      return 'stopped by a restore; confirm it if it was not revoked before'
    case 'in_use':
      return expiresAt === null ? 'does not expire' : `expires ${daysUntil(expiresAt)}`
  }
}
