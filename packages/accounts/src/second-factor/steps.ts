import { RefusalError } from '@idem/contract/refusal'
import type { Query } from '../query.ts'
import { secretHash } from '../secret-hash.ts'
import type { Seal } from './seal.ts'

/** What a browser has begun and continues with its next request. */
export type Step =
  /** The password was right; the second factor is still asked for. */
  | {
      readonly kind: 'sign-in'
      readonly userId: string
      readonly email: string
      readonly passwordId: string
    }
  | { readonly kind: 'passkey'; readonly challenge: string }
  | { readonly kind: 'new-passkey'; readonly userId: string; readonly challenge: string }
  | { readonly kind: 'new-totp'; readonly userId: string; readonly secret: string }

type Kind = Step['kind']
type StepOf<K extends Kind> = Extract<Step, { readonly kind: K }>

/** Long enough to fetch a phone, or to write ten codes down. */
const stepMinutes = 10

type Settings = { readonly query: Query; readonly seal: Seal; readonly now: () => Date }

/**
 * A step is sealed in a cookie, so it belongs to the browser that began it, and beginning one writes nothing: nobody
 * can fill a table without an account. A row is written when it is used, and a second use finds it.
 */
export function createSteps({ query, seal, now }: Settings) {
  function open<K extends Kind>(kind: K, token: string | undefined): StepOf<K> {
    const text = token === undefined ? undefined : seal.open(`step ${kind}`, token)
    // Only `begin` seals for this purpose.
    const begun = text === undefined ? undefined : (JSON.parse(text) as StepOf<K> & Expiry)
    if (begun === undefined || begun.expires <= now().getTime()) throw new RefusalError('forbidden')
    return begun
  }

  return {
    begin(step: Step): string {
      const expires = now().getTime() + stepMinutes * 60_000
      return seal.seal(`step ${step.kind}`, JSON.stringify({ ...step, expires }))
    },

    /** @throws RefusalError `forbidden` when it is too old, or another step */
    open,

    /**
     * Before something is spent that is good once.
     *
     * @throws RefusalError `forbidden` when it was used
     */
    async expectUnused(token: string | undefined): Promise<void> {
      const used = await query('select 1 from auth_verification where id = $1', [idOf(token)])
      if (used.length > 0) throw new RefusalError('forbidden')
    },

    /** @throws RefusalError `forbidden` when it was used */
    async use(token: string | undefined): Promise<void> {
      const used = await query(
        `insert into auth_verification (id, identifier, value, expires_at)
          values ($1, 'used step', '', now() + make_interval(mins => $2)) on conflict (id) do nothing returning id`,
        [idOf(token), 2 * stepMinutes],
      )
      if (used.length === 0) throw new RefusalError('forbidden')
    },
  }
}

function idOf(token: string | undefined): string {
  return secretHash(String(token))
}

type Expiry = { readonly expires: number }
