import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Accounts, SignedIn } from '@idem/accounts/open-accounts'
import { writeProblem } from '@idem/api/problem'
import { closeIfUnread, parseJson, readJsonText } from '@idem/api/read-body'
import { RefusalError } from '@idem/contract/refusal'
import { IdempotencyError } from '@idem/idempotency'
import { z } from 'zod'
import type { Cookies } from './cookies.ts'

export type AuthRoutes = {
  readonly accounts: Accounts
  readonly cookies: Cookies
  readonly clientAddress: (request: IncomingMessage) => string
  readonly onFailure: (error: unknown) => void
}

/** Longer than any passphrase; hashing more would only cost time. */
const mostPassword = 256

// NIST SP 800-63B and ASVS 6.2: length is what counts, so no rule for its characters.
const NewPassword = z.string().min(12).max(mostPassword)
const Email = z.email().max(254)
const Token = z.string().min(1).max(100)
const SignIn = z.strictObject({ email: Email, password: z.string().min(1).max(mostPassword) })
const Claim = z.strictObject({
  token: Token,
  email: Email,
  password: NewPassword,
  name: z.string().max(200).default(''),
})
const Reset = z.strictObject({ token: Token, password: NewPassword })

/** `/api/auth/…`: signing in and out, and what the links of the commands lead to. Nobody can sign up. */
export function createAuthRoutes({ accounts, cookies, clientAddress, onFailure }: AuthRoutes) {
  const actions: Readonly<Record<string, Action>> = {
    async 'sign-in'(request, response) {
      const { email, password } = await read(SignIn, request)
      const address = clientAddress(request)
      const device = cookies.device(request)
      signedIn(response, await accounts.signIn({ email, password, address, device }))
    },
    async 'sign-out'(request, response) {
      // As every change by cookie: a page of another site cannot send this header.
      if (request.headers['idem-account'] === undefined) throw new RefusalError('forbidden')
      const token = cookies.session(request)
      if (token !== undefined) await accounts.signOut(token)
      response.setHeader('set-cookie', cookies.signedOut)
      send(response, 204)
    },
    async claim(request, response) {
      signedIn(response, await accounts.claim(await read(Claim, request)))
    },
    async reset(request, response) {
      await accounts.reset(await read(Reset, request))
      response.setHeader('set-cookie', cookies.signedOut)
      send(response, 204)
    },
  }

  function signedIn(response: ServerResponse, { account, ...tokens }: SignedIn): void {
    response.setHeader('set-cookie', cookies.signedIn(tokens))
    send(response, 200, { account })
  }

  return async function handleAuth(
    request: IncomingMessage,
    response: ServerResponse,
    name: string,
  ): Promise<void> {
    try {
      const action = Object.hasOwn(actions, name) ? actions[name] : undefined
      if (action === undefined) throw new RefusalError('no_such_route')
      if (request.method !== 'POST') {
        response.setHeader('allow', 'POST')
        throw new RefusalError('method_not_allowed')
      }
      await action(request, response)
    } catch (error) {
      for (const [header, value] of Object.entries(closeIfUnread(request))) {
        response.setHeader(header, value)
      }
      if (error instanceof RefusalError) return writeProblem(response, error)
      onFailure(error)
      writeProblem(response, new IdempotencyError('unavailable'))
    }
  }
}

type Action = (request: IncomingMessage, response: ServerResponse) => Promise<void>

async function read<Shape extends z.ZodType>(
  shape: Shape,
  request: IncomingMessage,
): Promise<z.output<Shape>> {
  const parsed = shape.safeParse(parseJson(await readJsonText(request)))
  if (parsed.success) return parsed.data
  const paths = [...new Set(parsed.error.issues.map(({ path }) => path.join('.')))]
  throw new RefusalError('invalid_input', { paths })
}

function send(response: ServerResponse, status: number, body?: unknown): void {
  response.writeHead(status, {
    'cache-control': 'no-store',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}
