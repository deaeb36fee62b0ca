import { RefusalError } from '@idem/contract/refusal'
import type { Query } from '../query.ts'
import type { StoredKey } from './webauthn.ts'

/**
 * The second factor that gives an account its first one must not come from a stolen password. So a session by the
 * password alone adds a factor only together with the row of `second_factor`, whose primary key decides between two.
 */
export type Adding = { readonly userId: string; readonly isByTwoFactors: boolean }

const first = `
  first as (
    insert into second_factor (user_id) values ($1) on conflict do nothing returning user_id
  ), may as (
    select $1::text as user_id where $2 or exists (select 1 from first)
  )`

/** @throws RefusalError `forbidden` when the credential exists, or the account got another factor meanwhile */
export async function addPasskey(
  query: Query,
  { userId, isByTwoFactors }: Adding,
  { id, publicKey, counter, name }: StoredKey & { readonly name: string },
): Promise<void> {
  const added = await query(
    `with ${first}
      insert into passkey (id, user_id, name, public_key, counter)
        select $3, user_id, $4, $5, $6 from may on conflict do nothing returning id`,
    [userId, isByTwoFactors, id, name, publicKey, counter],
  )
  if (added.length === 0) throw new RefusalError('forbidden')
}

/**
 * In place of the one before.
 *
 * @throws RefusalError `forbidden` when the account got another factor meanwhile
 */
export async function setTotp(
  query: Query,
  { userId, isByTwoFactors }: Adding,
  { sealed, step }: { readonly sealed: string; readonly step: number },
): Promise<void> {
  // Not an update of the row that the same statement inserts, which PostgreSQL does not see.
  const set = await query(
    `insert into second_factor as each (user_id, totp, totp_step) values ($1, $3, $4)
      on conflict (user_id) do update set totp = $3, totp_step = $4 where $2 returning user_id`,
    [userId, isByTwoFactors, sealed, step],
  )
  if (set.length === 0) throw new RefusalError('forbidden')
}

export type StoredPasskey = StoredKey & { readonly userId: string }

export async function findPasskey(query: Query, id: string): Promise<StoredPasskey | undefined> {
  const [row] = await query('select user_id, public_key, counter from passkey where id = $1', [id])
  if (row === undefined || !Buffer.isBuffer(row.public_key)) return undefined
  return {
    id,
    userId: String(row.user_id),
    publicKey: row.public_key,
    counter: Number(row.counter),
  }
}

/** The second of two uses with one counter is refused. Authenticators without a counter always send 0. */
export async function countPasskeyUse(
  query: Query,
  { id, counter }: { readonly id: string; readonly counter: number },
): Promise<void> {
  const counted = await query(
    `update passkey set counter = $2, last_used_at = now()
      where id = $1 and (counter < $2 or counter = 0 and $2 = 0) returning id`,
    [id, counter],
  )
  if (counted.length === 0) throw new RefusalError('forbidden')
}

/** Whether it was the first use of a code of this step or a later one. */
export async function countTotpUse(
  query: Query,
  { userId, step }: { readonly userId: string; readonly step: number },
): Promise<boolean> {
  const counted = await query(
    'update second_factor set totp_step = $2 where user_id = $1 and totp_step < $2 returning user_id',
    [userId, step],
  )
  return counted.length === 1
}

export type Factors = { readonly totp: boolean; readonly passkey: boolean }

/** Undefined without a second factor. */
export async function factorsOf(query: Query, userId: string): Promise<Factors | undefined> {
  const [row] = await query(
    `select totp is not null as totp, exists (select 1 from passkey where passkey.user_id = $1) as passkey
      from second_factor where user_id = $1`,
    [userId],
  )
  return row && { totp: row.totp === true, passkey: row.passkey === true }
}
