import { deleteOutbox, type StoredOutbox, storedOutboxes } from '@idem/outbox/device'
import { rememberedAccount } from './account-of-page.ts'
import { installationName } from './installation-name.ts'
import { outboxName } from './outbox-name.ts'

/** How many changes of other accounts than this one wait on this device. What they are is nobody else's business. */
export async function countWaiting(account: string | undefined): Promise<number> {
  const others = (await stored()).filter((one) => !isOf(account, one))
  return others.reduce((sum, { entries }) => sum + entries, 0)
}

/** Deletes what is left of accounts that have signed out, and have nothing here that only they can send or finish. */
export async function deleteLeftovers(): Promise<void> {
  const account = rememberedAccount()
  for (const one of await stored()) {
    const hasDraft = one.notes.some((note) => note.startsWith('draft'))
    if (!isOf(account, one) && one.entries === 0 && !hasDraft) await deleteOutbox(one.name)
  }
}

async function stored(): Promise<readonly StoredOutbox[]> {
  const own = installationName()
  const isOurs = ({ name }: StoredOutbox) => name === own || name.startsWith(outboxName('', own))
  return (await storedOutboxes())?.filter(isOurs) ?? []
}

function isOf(account: string | undefined, { name }: StoredOutbox): boolean {
  return account !== undefined && name === outboxName(account)
}
