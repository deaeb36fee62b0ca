'use client'

import type { OwnAccount } from '@idem/contract/own-account'
import { rememberedAccount } from '../account/account-of-page.ts'
import { ProofDialog } from './proof-dialog.tsx'
import { FactorsSection } from './second-factor/factors-section.tsx'
import { ApiKeysSection } from './sections/api-keys-section.tsx'
import { DeleteSection } from './sections/delete-section.tsx'
import { DevicesSection } from './sections/devices-section.tsx'
import { ExportSection } from './sections/export-section.tsx'
import { InviteSection } from './sections/invite-section.tsx'
import { PasswordSection } from './sections/password-section.tsx'
import { ProfileSection } from './sections/profile-section.tsx'
import { type OwnPage, useOwnAccount } from './use-own-account.ts'

/** What a person sees and changes of the own account. */
export function AccountPage() {
  const { read, refresh, act, isAsking, onAnswered } = useOwnAccount()
  return (
    <main className="mx-auto max-w-[34rem] px-4 pt-8 pb-24 sm:pt-16">
      <div className="flex flex-wrap items-start justify-between">
        <h1 className="page-title">Account</h1>
        <a className="quiet-button -mr-3 grid place-items-center" href=".">
          Todos
        </a>
      </div>
      {read.state === 'reading' && <p className="late text-quiet">Loading…</p>}
      {read.state === 'failed' && <Failed onRetry={refresh} />}
      {read.state === 'set_up' && <SetUp {...{ refresh, act }} />}
      {read.state === 'read' && (
        <Sections page={{ own: read.own, refresh, act: (...given) => act(read.own, ...given) }} />
      )}
      {read.state === 'read' && isAsking && <Asking own={read.own} onAnswered={onAnswered} />}
    </main>
  )
}

type SetUpProps = Pick<ReturnType<typeof useOwnAccount>, 'refresh' | 'act'>

/** Nothing else is there before the second factor is. */
function SetUp({ refresh, act }: SetUpProps) {
  const own = { account: rememberedAccount() ?? '' }
  return <FactorsSection page={{ own, refresh, act: (...given) => act(own, ...given) }} />
}

function Sections({ page }: { readonly page: OwnPage }) {
  return (
    <>
      <ProfileSection page={page} />
      <PasswordSection page={page} />
      <FactorsSection page={page} />
      <DevicesSection page={page} />
      <ApiKeysSection page={page} />
      {page.own.mayInvite && <InviteSection page={page} />}
      <ExportSection page={page} />
      <DeleteSection page={page} />
    </>
  )
}

type AskingProps = {
  readonly own: OwnAccount
  readonly onAnswered: (isProven: boolean) => void
}

function Asking({ own: { account, email }, onAnswered }: AskingProps) {
  return <ProofDialog {...{ account, email, onAnswered }} />
}

function Failed({ onRetry }: { readonly onRetry: () => void }) {
  return (
    <div role="alert">
      <p className="problem">The server cannot be reached, so nothing can be changed here now.</p>
      <button type="button" className="quiet-button -ml-3" onClick={onRetry}>
        Try again
      </button>
    </div>
  )
}
