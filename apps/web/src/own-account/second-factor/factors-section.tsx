import type { OwnFactors, OwnPasskey } from '@idem/contract/own-factors'
import { useEffect, useState } from 'react'
import { type AuthAnswer, answerIn } from '../../account/auth-request.ts'
import { AuthForm } from '../../sign-in/auth-form.tsx'
import { Disclosure } from '../disclosure.tsx'
import { Section } from '../section.tsx'
import { ShownOnce } from '../shown-once.tsx'
import { useAction } from '../use-action.ts'
import type { OwnPage } from '../use-own-account.ts'
import { FactorList } from './factor-list.tsx'
import { readOwnFactors } from './read-own-factors.ts'
import { passkeyName, RenameDialog } from './rename-dialog.tsx'
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
  const [factors, setFactors] = useState<OwnFactors | 'unreadable'>()
  const [open, setOpen] = useState<Open>()
  const [renamed, setRenamed] = useState<OwnPasskey>()
  const refresh = async () => setFactors((await readOwnFactors()) ?? 'unreadable')
  const { message, setMessage, run } = useAction({ act: page.act, refresh })

  useEffect(() => {
    void refresh()
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
  if (factors === 'unreadable') return <Unreadable onRetry={refresh} />
  const isThere = factors.hasTotp || factors.passkeys.length > 0
  return (
    <Section title="Second factor" message={message}>
      <p className="mb-2 text-small text-quiet">{introduction(factors.isRequired, isThere)}</p>
      <FactorList factors={factors} onRename={setRenamed} onRemove={run} />
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
        <RenameDialog
          passkey={renamed}
          send={(body) => page.act('rename-passkey', body)}
          onClose={() => {
            setRenamed(undefined)
            void refresh()
          }}
        />
      )}
    </Section>
  )
}

function Unreadable({ onRetry }: { readonly onRetry: () => void }) {
  const words = 'The server cannot be reached, so this cannot be shown now.'
  return (
    <Section title="Second factor" message={{ kind: 'problem', words }}>
      <button type="button" className="plain-button" onClick={onRetry}>
        Try again
      </button>
    </Section>
  )
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
