import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

export type Secrets = {
  readonly secret: string
  /** The secret before the last change. */
  readonly previousSecret?: string | undefined
}

export type Seal = ReturnType<typeof createSeal>

const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/** Encrypts a text that only this installation reads again, and only for the same purpose. */
export function createSeal({ secret, previousSecret }: Secrets) {
  const key = keyOf(secret)
  const previousKey = previousSecret === undefined ? undefined : keyOf(previousSecret)

  function open(purpose: string, sealed: string): string | undefined {
    return openBy(key, purpose, sealed) ?? openByPrevious(purpose, sealed)
  }
  function openByPrevious(purpose: string, sealed: string): string | undefined {
    return previousKey && openBy(previousKey, purpose, sealed)
  }

  return {
    seal: (purpose: string, text: string) => sealBy(key, purpose, text),
    /** Undefined when it was sealed for another purpose, by another installation, or was changed. */
    open,
    openByPrevious,
  }
}

function keyOf(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'idem second factor', 32))
}

function sealBy(key: Buffer, purpose: string, text: string): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(purpose))
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
}

function openBy(key: Buffer, purpose: string, sealed: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url')
  if (bytes.length < nonceBytes + tagBytes) return undefined
  // Node skips other characters, and a step that was used would count as another one.
  if (bytes.toString('base64url') !== sealed) return undefined
  const tag = bytes.subarray(nonceBytes, nonceBytes + tagBytes)
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  })
    .setAAD(Buffer.from(purpose))
    .setAuthTag(tag)
  try {
    const text = decipher.update(bytes.subarray(nonceBytes + tagBytes))
    return Buffer.concat([text, decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}
