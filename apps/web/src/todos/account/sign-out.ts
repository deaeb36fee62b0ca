import { authRequest } from '../../account/auth-request.ts'
import { forgetAccount } from '../../account/remember-account.ts'
import type { Todos } from '../sending/create-todos.ts'
import { historyNote } from '../undo/step.ts'

type Page = Pick<Todos, 'account' | 'outbox'>

/** What a person has seen and done: the next one at this device does not need it. Drafts and what waits stay. */
const seen = ['list', 'deleted', historyNote]
/** A key that may have arrived is cancelled within this time, or when the account has signed in again. */
const cancellingMs = 5_000

/**
 * Ends the session, and leaves nothing of the list on the device; then the page for signing in opens.
 * Returns why it did not.
 */
export async function signOut(page: Page, unsent: 'keep' | 'discard'): Promise<string | undefined> {
  const { account, outbox } = page
  if (unsent === 'discard') {
    // Before anything is thrown away for a sign-out that fails.
    if (!(await isReachable())) return noNetwork
    await discardAll(outbox)
  }
  const answer = await authRequest('sign-out', { account })
  if (answer.state === 'failed') return answer.code ? answer.words : noNetwork
  await Promise.allSettled([
    ...seen.map((note) => outbox.writeNote(note, undefined)),
    outbox.forgetOutcomes(Number.POSITIVE_INFINITY),
  ])
  forgetAccount()
  return undefined
}

const noNetwork =
  'Signing out needs the network: without it the server would not know. Try again later.'

function isReachable(): Promise<boolean> {
  return fetch('api/auth/session', { cache: 'no-store' }).then(
    () => true,
    () => false,
  )
}

/** Last first, so that none is sent because the one before it is gone. */
async function discardAll(outbox: Page['outbox']): Promise<void> {
  for (const { id } of outbox.getSnapshot().entries.toReversed()) await outbox.discard(id)
  outbox.retryNow()
  const isDone = () => outbox.getSnapshot().entries.length === 0
  await new Promise<void>((resolve) => {
    const timer = setTimeout(end, cancellingMs)
    const leave = outbox.subscribe(() => isDone() && end())
    function end(): void {
      clearTimeout(timer)
      leave()
      resolve()
    }
    if (isDone()) end()
  })
}
