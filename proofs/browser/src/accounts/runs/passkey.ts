import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { createPool } from '@idem/database/pool'
import type { Page } from 'playwright-core'

export type Passkey = {
  readonly credentialId: string
  readonly userHandle: string
  readonly privateKey: string
  /** Of its signatures. Each authenticator continues where the one before ended. */
  signCount: number
}

/** A passkey of this account, as a registration would have stored it. */
export async function givePasskey(
  sql: ReturnType<typeof createPool>,
  owner: string,
): Promise<Passkey> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  // {1: 2, 3: -7, -1: 1, -2: x, -3: y} in CBOR: ES256.
  const cose = Buffer.concat([
    ...[Buffer.from('a5010203262001215820', 'hex'), Buffer.from(x, 'base64url')],
    ...[Buffer.from('225820', 'hex'), Buffer.from(y, 'base64url')],
  ])
  const id = randomBytes(16)
  const { rows } = await sql.query(
    `with factor as (
      insert into second_factor (user_id) select id from auth_user where owner = $1 returning user_id
    )
    insert into passkey (id, user_id, name, public_key, counter)
      select $2, user_id, 'test', $3, 0 from factor returning user_id`,
    [owner, id.toString('base64url'), cose],
  )
  return {
    credentialId: id.toString('base64'),
    userHandle: Buffer.from(rows[0].user_id).toString('base64'),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
    signCount: 0,
  }
}

/** Plugs an authenticator with this passkey into the device, for as long as the work takes. */
export async function withPasskey(
  page: Page,
  passkey: Passkey,
  work: () => Promise<void>,
): Promise<void> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2' as const, transport: 'internal' as const },
      ...{ hasResidentKey: true, hasUserVerification: true },
      ...{ isUserVerified: true, automaticPresenceSimulation: true },
    },
  })
  passkey.signCount += 10
  const credential = { ...passkey, isResidentCredential: true, rpId: new URL(page.url()).hostname }
  await devtools.send('WebAuthn.addCredential', { authenticatorId, credential })
  await work()
  await devtools.detach()
}
