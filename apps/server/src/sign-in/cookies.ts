import type { IncomingMessage } from 'node:http'

export type Cookies = ReturnType<typeof createCookies>

const sessionSeconds = 30 * 86_400
const deviceSeconds = 365 * 86_400

/** `__Host-`: no other host of the domain can set one. Over http, which is only loopback, a browser would refuse it. */
export function createCookies(origin: string) {
  const isSecure = origin.startsWith('https:')
  const prefix = isSecure ? '__Host-' : ''
  const attributes = `; Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`
  const names = { session: `${prefix}idem-session`, device: `${prefix}idem-device` }
  const read = (name: string) => (request: IncomingMessage) =>
    cookieOf(request.headers.cookie ?? '', name)

  return {
    session: read(names.session),
    device: read(names.device),
    signedIn: ({ token, device }: { readonly token: string; readonly device: string }) => [
      `${names.session}=${token}${attributes}; Max-Age=${sessionSeconds}`,
      `${names.device}=${device}${attributes}; Max-Age=${deviceSeconds}`,
    ],
    signedOut: [`${names.session}=${attributes}; Max-Age=0`],
  }
}

function cookieOf(header: string, name: string): string | undefined {
  const start = `${name}=`
  const pair = header.split(/; */).find((each) => each.startsWith(start))
  return pair?.slice(start.length) || undefined
}
