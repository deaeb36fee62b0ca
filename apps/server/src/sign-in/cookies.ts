import type { IncomingMessage } from 'node:http'
import type { PublicUrl } from '../environment.ts'
import { isDirect } from '../http/is-direct.ts'

export type Cookies = ReturnType<typeof createCookies>

type Tokens = { readonly token: string; readonly device: string }

const sessionSeconds = 30 * 86_400
const deviceSeconds = 365 * 86_400
/** The server ends it earlier. */
const stepSeconds = 3_600

/**
 * `__Host-`: no other host of the domain can set one, and its path is the root; below it `__Secure-`. A browser
 * refuses such a cookie over http, by which only this machine may come.
 */
export function createCookies({ origin, basePath }: PublicUrl) {
  const isSecure = origin.startsWith('https:')
  const attributes = `; Path=${basePath}/; HttpOnly; SameSite=Lax`
  const plain = namesOf('', attributes)
  const secure = namesOf(basePath === '' ? '__Host-' : '__Secure-', `${attributes}; Secure`)
  const namesFor = (request: IncomingMessage) => (isSecure && !isLocal(request) ? secure : plain)

  return {
    session: (request: IncomingMessage) => cookieOf(request, namesFor(request).session),
    device: (request: IncomingMessage) => cookieOf(request, namesFor(request).device),
    signedIn(request: IncomingMessage, { token, device }: Tokens): string[] {
      const { session, device: known, attributes } = namesFor(request)
      return [
        `${session}=${token}${attributes}; Max-Age=${sessionSeconds}`,
        `${known}=${device}${attributes}; Max-Age=${deviceSeconds}`,
      ]
    },
    step: (request: IncomingMessage) => cookieOf(request, namesFor(request).step),
    /** A sign-in, or the set-up of a second factor, that continues with the next request of this browser. */
    begun(request: IncomingMessage, begun: string): string[] {
      const { step, attributes } = namesFor(request)
      return [`${step}=${begun}${attributes}; Max-Age=${stepSeconds}`]
    },
    /** The session continues under another token. */
    renewed(request: IncomingMessage, token: string): string[] {
      const { session, attributes } = namesFor(request)
      return [`${session}=${token}${attributes}; Max-Age=${sessionSeconds}`]
    },
    signedOut(request: IncomingMessage): string[] {
      const { session, attributes } = namesFor(request)
      return [`${session}=${attributes}; Max-Age=0`]
    },
  }
}

function namesOf(prefix: string, attributes: string) {
  return {
    session: `${prefix}idem-session`,
    device: `${prefix}idem-device`,
    step: `${prefix}idem-step`,
    attributes,
  }
}

/** The page of a proxy that hides itself is still on https, so it never gets a cookie without `Secure`. */
function isLocal(request: IncomingMessage): boolean {
  return !request.headers.origin?.startsWith('https:') && isDirect(request)
}

/** A browser sends the cookie of the longest path first: of ours, not that of an installation above. */
function cookieOf({ headers }: IncomingMessage, name: string): string | undefined {
  const start = `${name}=`
  const pair = headers.cookie?.split(/; */).find((each) => each.startsWith(start))
  return pair?.slice(start.length) || undefined
}
