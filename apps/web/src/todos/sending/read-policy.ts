import type { Client } from '@idem/client/create-client'
import type { Policy } from '@idem/contract/policy'
import type { ServerClock } from '@idem/outbox'

export type PolicyReader = {
  /** Rejects without an answer, and when the server is another installation than the page is of. */
  read(signal: AbortSignal): Promise<Policy>
  /** Resolves at once after a reading, until `doubt` is called. Otherwise reads. */
  confirm(signal: AbortSignal): Promise<unknown>
  /** The server did not answer: another one may answer next. */
  doubt(): void
}

type Settings = {
  readonly client: () => Client
  readonly clock: ServerClock
  /** The installation that served the page; undefined in development. */
  readonly installationId: string | undefined
}

/** Reads the policy of the server, and learns its clock from it. */
export function createPolicyReader({ client, clock, installationId }: Settings): PolicyReader {
  const isOnlyOne = installationId === undefined
  let isConfirmed = isOnlyOne

  async function read(signal: AbortSignal): Promise<Policy> {
    const askedAt = Date.now()
    const policy = await client().policy.query(undefined, { signal })
    isConfirmed = isOnlyOne || policy.installationId === installationId
    // What a person wrote for one installation must not be sent to another at the same address.
    if (!isConfirmed) throw new Error('Another installation has this address. Reload the page.')
    clock.learn(policy.serverTime, askedAt)
    return policy
  }

  return {
    read,
    confirm: async (signal) => isConfirmed || read(signal),
    doubt() {
      isConfirmed = isOnlyOne
    },
  }
}
