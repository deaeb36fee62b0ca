import type { KeyOutcome } from '@idem/contract/operations'
import type { Policy } from '@idem/contract/policy'
import type { Answer, KeyState } from '@idem/idempotency'
import { acceptanceWindow } from '@idem/idempotency/server'
import type { Caller } from './call.ts'
import { expectCaller, inTransactionTurn } from './limits.ts'
import { answerOf } from './read-todos.ts'
import type { Services } from './services.ts'

/** What a client may ask about a key, and the rules for keys. */
export function createKeyOperations(services: Services) {
  const { idempotency, ledgerEpoch, installationId, now } = services
  const { retentionHours } = services.policy
  const { pastHours, futureMinutes } = acceptanceWindow({ retentionHours })

  async function settled(
    caller: Caller,
    ask: () => Promise<KeyState>,
  ): Promise<Answer<KeyOutcome>> {
    const state = await inTransactionTurn(services, caller, () => {
      expectCaller(caller.signal)
      return ask()
    })
    return keyOutcome(state)
  }

  return {
    /** Never changes anything. */
    outcomeOf: (caller: Caller, key: string) =>
      settled(caller, () => idempotency.outcomeOf({ owner: caller.owner, key })),

    /** Returns the outcome of the key: an attempt or the cancellation came first. */
    cancel: (caller: Caller, key: string) =>
      settled(caller, () => idempotency.cancel({ owner: caller.owner, key })),

    /** Answered from memory, so a client learns the server's clock even while the database is away. */
    policy: (): Answer<Policy> =>
      answerOf({
        keyRetentionHours: retentionHours,
        acceptancePastHours: pastHours,
        acceptanceFutureMinutes: futureMinutes,
        serverTime: now().toISOString(),
        ledgerEpoch,
        installationId,
      }),
  }
}

/** The stored answer or refusal is embedded as its text, so it stays equal to the byte. */
function keyOutcome(found: KeyState): Answer<KeyOutcome> {
  if (found.state !== 'answered') return answerOf(found)
  const { state, operation, answeredAt, kind, text } = found
  const head = JSON.stringify({ state, operation, answeredAt }).slice(0, -1)
  const whole = `${head},"${kind}":${text}}`
  return { value: JSON.parse(whole), text: whole, replayed: false }
}
