import { hadAccount } from '@idem/accounts/links'
import type { Logger } from 'pino'
import type { Query } from '../database/cancellable-query.ts'
import { runPeriodically } from './run-periodically.ts'

/** An ended session too may be answered for so long by another process. */
const everyFiveSeconds = '*/5 * * * * *'

/**
 * For a server without sign-in: another process on its database may make the first account, and from then on
 * nothing may be read or changed here.
 */
export function watchForAccounts({ query, log }: { readonly query: Query; readonly log: Logger }) {
  let hasAccounts = false
  const stop = runPeriodically(everyFiveSeconds, async () => {
    if (hasAccounts) return
    try {
      hasAccounts = await hadAccount(query)
      if (hasAccounts)
        log.error('This installation has accounts now; set IDEM_PUBLIC_URL and start again.')
    } catch (error) {
      // The next run asks again.
      log.debug({ err: error }, 'looking for accounts failed')
    }
  })
  return { hasAccounts: () => hasAccounts, stop }
}
