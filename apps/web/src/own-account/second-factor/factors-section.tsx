import type { OwnFactors, OwnPasskey } from '@idem/contract/own-factors'
import { useEffect, useState } from 'react'
import { type AuthAnswer, answerIn } from '../../account/auth-request.ts'
import { AuthForm } from '../../sign-in/auth-form.tsx'
import type { Field } from '../../sign-in/form-field.tsx'
import { Dialog } from '../dialog.tsx'
import { Disclosure } from '../disclosure.tsx'
import { RowList } from '../row-list.tsx'
import { Section } from '../section.tsx'
import { ShownOnce } from '../shown-once.tsx'
import { timeText } from '../time-text.ts'
import { useAction } from '../use-action.ts'
import type { OwnPage } from '../use-own-account.ts'
import { readOwnFactors } from './read-own-factors.ts'
import { type AppSecret, SetUpApp } from './set-up-app.tsx'

type Props = {
  readonly page: Pick<OwnPage, 'act' | 'refresh'> & { readonly own: { readonly account: string } }
}

/** What is open in the place of the buttons. */
type Open =
  | { readonly form: 'passkey' }
  | ({ readonly form: 'app' } & AppSecret)
  | { readonly form: 'codes'; readonly codes: string }

/** Passkeys, the app for codes, and the recovery codes. */
export function FactorsSection({ page }: Props) {
  const [factors, setFactors] = useState<OwnFactors>()
  const [open, setOpen] = useState<Open>()
  const [renamed, setRenamed] = useState<OwnPasskey>()
  const refresh = async () => setFactors(await readOwnFactors())
  const { message, setMessage, run } = useAction({ act: page.act, refresh })

  useEffect(() => {
    void readOwnFactors().then(setFactors)
  }, [])

  /** The first factor comes with recovery codes. */
  function added(words: string): (text: string) => undefined {
    return (text) => {
      const codes: unknown = Object(answerIn(text)).recoveryCodes
      const isShown = Array.isArray(codes)
      setOpen(isShown ? { form: 'codes', codes: codes.join('\n') } : undefined)
      setMessage({ kind: 'done', words })
      void refresh()
      if (!isShown) void page.refresh()
    }
  }

  async function beginApp(): Promise<void> {
    const text = await run({ action: 'new-totp', done: '' })
    const { secret, uri } = Object(answerIn(text ?? ''))
    if (typeof secret === 'string') setOpen({ form: 'app', secret, uri: String(uri) })
  }

  async function newCodes(): Promise<void> {
    const text = await run({ action: 'new-recovery-codes', done: 'The codes before are void.' })
    if (text) added('The codes before are void.')(text)
  }

  async function addPasskey(name: string): Promise<AuthAnswer> {
    const asked = await page.act('new-passkey-options')
    if (asked.state === 'failed') return asked
    const { sendNewPasskey } = await import('../../account/passkey.ts')
    return sendNewPasskey(asked.text, { name, account: page.own.account })
  }

  if (factors === undefined) return null
  const isThere = factors.hasTotp || factors.passkeys.length > 0
  const mayRemove = !factors.isRequired || factors.passkeys.length + Number(factors.hasTotp) > 1
  return (
    <Section title="Second factor" message={message}>
      <p className="mb-2 text-small text-quiet">{introduction(factors.isRequired, isThere)}</p>
      <RowList
        label="Second factors"
        rows={[
          ...factors.passkeys.map((passkey) => ({
            id: passkey.id,
            title: passkey.name,
            about: aboutPasskey(passkey),
            buttons: (
              <>
                <button
                  type="button"
                  className="quiet-button"
                  aria-label={`Rename ${passkey.name}`}
                  onClick={() => setRenamed(passkey)}
                >
                  Rename
                </button>
                {mayRemove && (
                  <button
                    type="button"
                    className="quiet-button -mr-3"
                    aria-label={`Remove ${passkey.name}`}
                    onClick={() =>
                      run({
                        action: 'remove-passkey',
                        body: { id: passkey.id },
                        done: `${passkey.name} is removed.`,
                      })
                    }
                  >
                    Remove
                  </button>
                )}
              </>
            ),
          })),
          ...(factors.hasTotp
            ? [
                {
                  id: 'app',
                  title: 'App for codes',
                  about: 'Asked for after the password',
                  buttons: mayRemove && (
                    <button
                      type="button"
                      className="quiet-button -mr-3"
                      aria-label="Remove the app for codes"
                      onClick={() => run({ action: 'remove-totp', done: 'The app is removed.' })}
                    >
                      Remove
                    </button>
                  ),
                },
              ]
            : []),
        ]}
      />
      <div className="mt-4 grid justify-items-start gap-2">
        <Disclosure
          button="Add a passkey"
          onOpen={() => setOpen({ form: 'passkey' })}
          onCancel={() => setOpen(undefined)}
        >
          {open?.form === 'passkey' ? (
            <AuthForm
              send={({ name = '' }) => addPasskey(name)}
              fields={[passkeyName]}
              button="Add the passkey"
              look="plain-button"
              refusals={{ forbidden: 'This passkey is not accepted here.' }}
              onDone={added('The passkey is added.')}
            />
          ) : undefined}
        </Disclosure>
        <Disclosure
          button={factors.hasTotp ? 'Replace the app for codes' : 'Set up an app for codes'}
          onOpen={beginApp}
          onCancel={() => setOpen(undefined)}
        >
          {open?.form === 'app' ? (
            <SetUpApp
              {...open}
              send={(code) => page.act('set-totp', { code })}
              onDone={added('The app is set up.')}
            />
          ) : undefined}
        </Disclosure>
        {(isThere || open?.form === 'codes') && (
          <Disclosure button="Make new recovery codes" onOpen={newCodes}>
            {open?.form === 'codes' ? (
              <ShownOnce
                label="Recovery codes"
                text={open.codes}
                hint="They are shown only now. Each signs you in once, after the password, when you have lost the rest. Keep them where you find them without this device."
                onDone={() => {
                  setOpen(undefined)
                  setMessage(undefined)
                  void page.refresh()
                }}
              />
            ) : undefined}
          </Disclosure>
        )}
        {isThere && <p className="text-small text-quiet">{leftWords(factors.recoveryCodes)}</p>}
      </div>
      {renamed && (
        <Dialog title={`Rename ${renamed.name}`} onClose={() => setRenamed(undefined)}>
          <AuthForm
            send={(body) => page.act('rename-passkey', { ...body, id: renamed.id })}
            fields={[{ ...passkeyName, value: renamed.name }]}
            button="Save the name"
            refusals={{}}
            onDone={() => {
              setRenamed(undefined)
              void refresh()
              return undefined
            }}
          />
          <button
            type="button"
            className="quiet-button mt-1 w-full"
            onClick={() => setRenamed(undefined)}
          >
            Cancel
          </button>
        </Dialog>
      )}
    </Section>
  )
}

const passkeyName: Field = {
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

function introduction(isRequired: boolean, isThere: boolean): string {
  if (isThere) return 'A password alone does not sign in to this account.'
  return isRequired
    ? 'This server requires one. Set up a passkey or an app for codes to go on.'
    : 'With one, a stolen password alone does not sign in to this account.'
}

function leftWords(count: number): string {
  return count === 1 ? '1 recovery code is left.' : `${count} recovery codes are left.`
}

function aboutPasskey({ createdAt, lastUsedAt }: OwnPasskey): string {
  const added = `added ${timeText(createdAt)}`
  return lastUsedAt === null
    ? `Passkey, ${added}`
    : `Passkey, last used ${timeText(lastUsedAt)}, ${added}`
}
