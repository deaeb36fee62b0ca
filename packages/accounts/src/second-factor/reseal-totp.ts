import type { Query } from '../query.ts'
import type { Seal } from './seal.ts'

/**
 * After a change of the secret: each app secret that the previous one has sealed is sealed by the present one, also
 * of people who do not sign in meanwhile. So the previous one can be forgotten.
 */
export async function resealTotp(query: Query, seal: Seal): Promise<void> {
  const rows = await query('select user_id, totp from second_factor where totp is not null', [])
  for (const { user_id, totp } of rows) {
    const purpose = `totp ${user_id}`
    const secret = seal.openByPrevious(purpose, String(totp))
    if (secret === undefined) continue
    await query('update second_factor set totp = $3 where user_id = $1 and totp = $2', [
      ...[user_id, totp, seal.seal(purpose, secret)],
    ])
  }
}
