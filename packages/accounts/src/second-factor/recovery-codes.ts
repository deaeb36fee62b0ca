import { randomBytes } from 'node:crypto'
import type { Query } from '../query.ts'
import { secretHash } from '../secret-hash.ts'

const count = 10

/** Without 0, 1, I and O, which look alike. */
const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** 140 bits: too long to guess, so a fast hash is enough. */
const length = 28

/**
 * Replaces all codes of an account. They are shown once; only their hashes are stored.
 */
export async function replaceRecoveryCodes(query: Query, userId: string): Promise<string[]> {
  const codes = Array.from({ length: count }, newCode)
  await query(
    // The worker of a Citus sends this to the coordinator as one query, and refuses an insert with the delete beside it.
    `with replaced as (delete from recovery_code where user_id = $1), added as (
      insert into recovery_code (hash, user_id)
        select unnest($2::text[]), user_id from second_factor where user_id = $1 returning 1
    ) select count(*)::int from added`,
    [userId, codes.map(hashOf)],
  )
  return codes
}

/** The first of several attempts with one code deletes it. */
export async function spendRecoveryCode(
  query: Query,
  { userId, code }: { readonly userId: string; readonly code: string },
): Promise<boolean> {
  const used = await query(
    'delete from recovery_code where user_id = $1 and hash = $2 returning user_id',
    [userId, hashOf(code)],
  )
  return used.length === 1
}

function newCode(): string {
  const letters = Array.from(randomBytes(length), (byte) => alphabet.charAt(byte % alphabet.length))
  return letters.join('').replace(/.{7}(?=.)/g, '$&-')
}

/** However a person writes it. */
function hashOf(code: string): string {
  return secretHash(code.toUpperCase().replace(/[^A-Z0-9]/g, ''))
}
