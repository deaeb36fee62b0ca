import { randomBytes } from 'node:crypto'
import { RefusalError } from '@idem/contract/refusal'
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server'

/** Loaded with the first passkey: 30 MB that an installation without passkeys does not need. */
const library = () => import('@simplewebauthn/server')

/** EdDSA, ES256, RS256: every authenticator has one of them. */
const algorithms = [-8, -7, -257]

export type StoredKey = {
  readonly id: string
  readonly publicKey: Buffer
  readonly counter: number
}

export type Person = { readonly userId: string; readonly email: string; readonly name: string }

/** Passkeys of one installation: its origin, and the name of its host, to which a browser binds them. */
export function createWebauthn(origin: string) {
  const rpID = new URL(origin).hostname
  const expected = { expectedOrigin: origin, expectedRPID: rpID, requireUserVerification: true }

  return {
    newChallenge: () => randomBytes(32).toString('base64url'),

    /** For a passkey that is found without an e-mail address, and used only with a PIN, a finger or a face. */
    async creationOptions(
      { userId, email, name }: Person,
      { challenge, existing }: { readonly challenge: string; readonly existing: readonly string[] },
    ): Promise<PublicKeyCredentialCreationOptionsJSON> {
      const { generateRegistrationOptions } = await library()
      return generateRegistrationOptions({
        rpName: 'Todos',
        rpID,
        userID: Uint8Array.from(Buffer.from(userId)),
        userName: email,
        userDisplayName: name || email,
        challenge: Uint8Array.from(Buffer.from(challenge, 'base64url')),
        excludeCredentials: existing.map((id) => ({ id })),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        supportedAlgorithmIDs: algorithms,
      })
    },

    async requestOptions(challenge: string): Promise<PublicKeyCredentialRequestOptionsJSON> {
      const { generateAuthenticationOptions } = await library()
      return generateAuthenticationOptions({
        rpID,
        challenge: Uint8Array.from(Buffer.from(challenge, 'base64url')),
        userVerification: 'required',
      })
    },

    /** @throws RefusalError `forbidden` */
    async verifyCreation(
      response: RegistrationResponseJSON,
      expectedChallenge: string,
    ): Promise<StoredKey> {
      const { verifyRegistrationResponse } = await library()
      const { registrationInfo } = await verifyRegistrationResponse({
        ...expected,
        response,
        expectedChallenge,
        supportedAlgorithmIDs: algorithms,
      }).catch(refuse)
      if (registrationInfo === undefined) throw new RefusalError('forbidden')
      const { id, publicKey, counter } = registrationInfo.credential
      return { id, publicKey: Buffer.from(publicKey), counter }
    },

    /**
     * Returns the new counter. A counter that goes back is that of a copied authenticator, and refused.
     *
     * @throws RefusalError `forbidden`
     */
    async verifyAssertion(
      response: AuthenticationResponseJSON,
      { key, challenge }: { readonly key: StoredKey; readonly challenge: string },
    ): Promise<number> {
      const { verifyAuthenticationResponse } = await library()
      const { id, counter } = key
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        ...expected,
        response,
        expectedChallenge: challenge,
        credential: { id, counter, publicKey: Uint8Array.from(key.publicKey) },
      }).catch(refuse)
      if (!verified) throw new RefusalError('forbidden')
      return authenticationInfo.newCounter
    },
  }
}

/** The library reads nothing but its arguments, so whatever it throws is about the response. */
function refuse(cause: unknown): never {
  throw new RefusalError('forbidden', {}, { cause })
}
