import { freePort } from '@idem/test-support/free-port'
import type { World } from '../commands/test-server-world.ts'

/** A server with sign-in, in that world. */
export async function signInWorld(world: World, more: Readonly<Record<string, string>> = {}) {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const variables = { PORT: `${port}`, IDEM_PUBLIC_URL: origin, ...more }
  const server = await world.serve(variables)

  async function ask(path: string, { method = 'POST', body, cookie, ...rest }: Ask = {}) {
    const { key, bearer, account, headers = {} } = rest
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...(cookie === undefined ? {} : { cookie }),
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(account === undefined ? {} : { 'idem-account': account }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const type = response.headers.get('content-type') ?? ''
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: /json/.test(type) && text !== '' ? JSON.parse(text) : undefined,
      /** The cookies of the answer, as a browser sends them back. */
      cookie: response.headers
        .getSetCookie()
        .flatMap((each) => each.split(';', 1))
        .join('; '),
    }
  }

  return {
    origin,
    variables,
    server,
    ask,
    /** The last link that the output contains. */
    firstToken: () => tokenIn(server.output()),
    /** A new account with an invite. */
    async invited(email: string) {
      const { out } = await world.run('invite', [], variables)
      return ask('/api/auth/claim', { body: { token: tokenIn(out), email, password } })
    },
    /** A new API key. */
    async apiKey(email: string) {
      return (await world.run('api-key', [email, 'test'], variables)).out.trim()
    },
  }
}

export const password = 'correct horse battery'

export function tokenIn(text: string): string {
  return /#(\S+)/.exec(text)?.[1] ?? ''
}

type Ask = {
  readonly method?: string
  readonly body?: unknown
  readonly key?: string
  readonly cookie?: string
  readonly bearer?: string
  readonly account?: string
  readonly headers?: Readonly<Record<string, string>>
}
