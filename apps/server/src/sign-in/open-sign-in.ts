import { openAccounts } from '@idem/accounts/open-accounts'
import { noteDeletedOwners } from '@idem/database/backup/deleted-owners-file'
import type { PrismaClient } from '@idem/database/prisma'
import type { Query } from '../database/cancellable-query.ts'
import type { Environment, PublicUrl } from '../environment.ts'
import type { SignInEvent } from '../logs/refusal-logger.ts'
import { createAccountActions } from './account-actions.ts'
import { createAuthRoutes } from './auth-routes.ts'
import { type CallerOfSettings, createCallerOf } from './caller-of.ts'
import { createClientAddress } from './client-address.ts'
import { createCookies } from './cookies.ts'
import { createFactorActions } from './factor-actions.ts'
import { urlOf } from './link-url.ts'
import { readSecret } from './read-secret.ts'

export type SignInSettings = {
  readonly environment: Environment
  readonly publicUrl: PublicUrl
  readonly prisma: PrismaClient
  readonly query: Query
  /** The clock of the database. */
  readonly now: () => Date
  /** The export of an owner, as text. */
  readonly exportOf: (owner: string) => AsyncIterable<string>
  /** Called with an error that a client sees as 503. */
  readonly onFailure: (error: unknown) => void
  /** Called with the error of a last use of a session or API key that was not written. */
  readonly onUnwritten: (error: unknown) => void
  readonly onAction: (event: SignInEvent) => void
  readonly onRefused: CallerOfSettings['onRefused']
}

/** Everything that only an installation with sign-in loads. */
export async function openSignIn({
  environment,
  publicUrl,
  prisma,
  query,
  onRefused,
  onUnwritten,
  now,
  exportOf,
  ...reports
}: SignInSettings) {
  const secret = await readSecret(environment)
  const previousSecret = environment.IDEM_SECRET_PREVIOUS
  const accounts = await openAccounts({
    ...{ prisma, query, now, secret, previousSecret, onUnwritten },
    origin: publicUrl.origin,
    requiresSecondFactor: environment.IDEM_REQUIRE_SECOND_FACTOR,
  })
  const link = await accounts.firstLink()
  const cookies = createCookies(publicUrl)
  const clientAddress = createClientAddress(environment.IDEM_TRUSTED_PROXIES)
  const callerOf = createCallerOf({ accounts, cookies, onRefused })
  const account = createAccountActions({
    ...{ own: accounts.own, cookies, clientAddress, callerOf, exportOf },
    urlOf: (link) => urlOf(link, publicUrl),
    noteDeleted: noteOfDeleted(environment, reports.onFailure),
  })
  const factors = createFactorActions({ accounts, cookies })
  return {
    firstLink: link && urlOf(link, publicUrl),
    callerOf,
    handle: createAuthRoutes({ accounts, cookies, clientAddress, account, factors, ...reports }),
  }
}

/**
 * A server does not know where its backups are, so it notes the deletion in its data folder. The next backup adds what
 * is missing beside itself. The account is gone by then, so a note that fails is only logged.
 */
function noteOfDeleted(
  { DATABASE_URL, IDEM_DATA_DIR }: Environment,
  onFailure: SignInSettings['onFailure'],
) {
  return async (owner: string) => {
    if (DATABASE_URL !== undefined) return
    await noteDeletedOwners(IDEM_DATA_DIR, [owner]).catch(onFailure)
  }
}
