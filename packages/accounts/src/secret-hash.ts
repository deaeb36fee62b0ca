import { hash, randomBytes } from 'node:crypto'

/** The only form in which a token of a session, key or link is stored. A token is too long to guess, so a fast hash is enough. */
export function secretHash(token: string): string {
  return hash('sha256', token, 'hex')
}

/** 256 bits. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}
