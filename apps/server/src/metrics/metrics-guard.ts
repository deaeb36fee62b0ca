import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isDirect } from '../http/is-direct.ts'

/**
 * Metrics reveal the load and its kind, which is not for the users of a proxy in front. A direct
 * request of this machine is allowed; a forwarded one needs the token.
 */
export function createMetricsGuard(token: string | undefined) {
  return function refusalOf(request: IncomingMessage): 'unauthenticated' | 'forbidden' | undefined {
    if (isOfThisMachine(request.socket) && isDirect(request)) return undefined
    if (token === undefined) return 'forbidden'
    const [, given = ''] = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
    return isSame(given, token) ? undefined : 'unauthenticated'
  }
}

/** A proxy on this machine connects from loopback too. */
function isOfThisMachine({ remoteAddress = '' }: IncomingMessage['socket']): boolean {
  return /^(::1|(::ffff:)?127\..*)$/.test(remoteAddress)
}

/** Compares hashes, which have equal lengths, so the duration reveals nothing about the token. */
function isSame(given: string, token: string): boolean {
  return timingSafeEqual(digest(given), digest(token))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
