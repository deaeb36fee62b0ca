import { createHash, createSign, generateKeyPairSync, randomBytes } from 'node:crypto'
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'

type Given = {
  readonly challenge: string
  readonly origin: string
  /** Whether the person gave a PIN, a finger or a face. */
  readonly isVerified?: boolean
}

const flags = { present: 1, verified: 4, credential: 64 }

/** An authenticator with one passkey, as WebAuthn describes it: ES256, without attestation. */
export function testAuthenticator() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const id = randomBytes(16)
  let counter = 0

  function clientData(type: string, { challenge, origin }: Given): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))
  }

  function authenticatorData({ origin, isVerified = true }: Given, more: number): Buffer {
    counter += 1
    const count = Buffer.alloc(5)
    count.writeUInt8(flags.present | (isVerified ? flags.verified : 0) | more)
    count.writeUInt32BE(counter, 1)
    return Buffer.concat([sha256(new URL(origin).hostname), count])
  }

  const common = { id: id.toString('base64url'), rawId: id.toString('base64url') }

  return {
    id: common.id,
    /** The counter of the next signature is one more. */
    setCounter(value: number): void {
      counter = value
    },
    create(given: Given): RegistrationResponseJSON {
      const { x, y } = publicKey.export({ format: 'jwk' })
      const cose = [
        Buffer.from('a5010203262001215820', 'hex'),
        Buffer.from(String(x), 'base64url'),
        Buffer.from('225820', 'hex'),
        Buffer.from(String(y), 'base64url'),
      ]
      const data = Buffer.concat([
        authenticatorData(given, flags.credential),
        Buffer.alloc(16),
        Buffer.from([0, id.length]),
        ...[id, ...cose],
      ])
      // {"fmt": "none", "attStmt": {}, "authData": …} in CBOR.
      const object = Buffer.concat([
        Buffer.from('a363666d74646e6f6e656761747453746d74a0686175746844617461', 'hex'),
        Buffer.from([0x58, data.length]),
        data,
      ])
      return {
        ...common,
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          clientDataJSON: clientData('webauthn.create', given).toString('base64url'),
          attestationObject: object.toString('base64url'),
        },
      }
    },
    sign(given: Given & { readonly userId?: string }): AuthenticationResponseJSON {
      const data = authenticatorData(given, 0)
      const client = clientData('webauthn.get', given)
      const signed = createSign('sha256').update(data).update(sha256(client)).sign(privateKey)
      return {
        ...common,
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          clientDataJSON: client.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: signed.toString('base64url'),
          ...(given.userId && { userHandle: Buffer.from(given.userId).toString('base64url') }),
        },
      }
    },
  }
}

function sha256(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest()
}
