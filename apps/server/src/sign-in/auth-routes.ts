import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Accounts, SignedIn } from '@idem/accounts/open-accounts'
import { writeProblem } from '@idem/api/problem'
import { closeIfUnread, parseJson, readJsonText } from '@idem/api/read-body'
import { type RefusalCode, RefusalError } from '@idem/contract/refusal'
import { IdempotencyError } from '@idem/idempotency'
import { z } from 'zod'
import type { Cookies } from './cookies.ts'

export type AuthRoutes = {
  readonly accounts: Accounts
  readonly cookies: Cookies
  readonly clientAddress: (request: IncomingMessage) => string
  readonly onFailure: (error: unknown) => void
  readonly onAction: (event: SignInEvent) => void
}

/** For the log: it names no e-mail address, and no address of a client. */
export type SignInEvent = {
  readonly action: string
  readonly outcome: 'done' | RefusalCode
  /** Unknown when the action was refused. */
  readonly owner?: string | undefined
}

/** Longer than any passphrase; hashing more would only cost time. */
const mostPassword = 256

// NIST SP 800-63B and ASVS 6.2: length is what counts, so no rule for its characters.
const NewPassword = z.string().min(12).max(mostPassword)
const Email = z.email().max(254)
const Token = z.string().min(1).max(100)
/** PostgreSQL stores no NUL, and a lone surrogate would come back as another character. */
const Name = z
  .string()
  .max(200)
  .refine((name) => name.isWellFormed() && !name.includes('\0'))
const SignIn = z.strictObject({ email: Email, password: z.string().min(1).max(mostPassword) })
const Claim = z.strictObject({
  token: Token,
  email: Email,
  password: NewPassword,
  name: Name.default(''),
})
const Reset = z.strictObject({ token: Token, password: NewPassword })

/**
 * `/api/auth/…`: signing in and out, what the links of the commands lead to, and who is signed in. Nobody
 * can sign up.
 */
export function createAuthRoutes(routes: AuthRoutes) {
  const { accounts, cookies, clientAddress, onFailure, onAction } = routes
  const actions: Readonly<Record<string, Action>> = {
    async 'sign-in'(sent) {
      const { request } = sent
      const { email, password } = await read(SignIn, request)
      const address = clientAddress(request)
      const device = cookies.device(request)
      return await signedIn(sent, await accounts.signIn({ email, password, address, device }))
    },
    async 'sign-out'({ request, response }) {
      // A page of another site cannot send this header.
      if (request.headers['idem-account'] === undefined) throw new RefusalError('forbidden')
      const owner = await endSession(request)
      response.setHeader('set-cookie', cookies.signedOut(request))
      send(response, 204)
      return owner
    },
    async claim(sent) {
      return await signedIn(sent, await accounts.claim(await read(Claim, sent.request)))
    },
    async reset({ request, response }) {
      const owner = await accounts.reset(await read(Reset, request))
      await endSession(request)
      response.setHeader('set-cookie', cookies.signedOut(request))
      send(response, 204)
      return owner
    },
  }

  /** The cookie of another session is replaced, so nobody could end that one any more. */
  async function signedIn(sent: Sent, { account, ...tokens }: SignedIn): Promise<string> {
    const { request, response } = sent
    await endSession(request)
    response.setHeader('set-cookie', cookies.signedIn(request, tokens))
    send(response, 200, { account })
    return account
  }

  async function endSession(request: IncomingMessage): Promise<string | undefined> {
    const token = cookies.session(request)
    return token === undefined ? undefined : await accounts.signOut(token)
  }

  async function showSession({ request, response }: Sent): Promise<void> {
    const token = cookies.session(request)
    const session = token === undefined ? undefined : await accounts.session(token)
    if (session === undefined) throw new RefusalError('unauthenticated')
    send(response, 200, session)
  }

  async function act(action: string, sent: Sent): Promise<void> {
    const run = Object.hasOwn(actions, action) ? actions[action] : undefined
    if (run === undefined) throw new RefusalError('no_such_route')
    expectMethod(['POST'], sent)
    try {
      onAction({ action, outcome: 'done', owner: await run(sent) })
    } catch (error) {
      if (error instanceof RefusalError) onAction({ action, outcome: error.refusal.code })
      throw error
    }
  }

  return async function handleAuth(
    request: IncomingMessage,
    response: ServerResponse,
    name: string,
  ): Promise<void> {
    try {
      if (name !== 'session') return await act(name, { request, response })
      expectMethod(['GET', 'HEAD'], { request, response })
      await showSession({ request, response })
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

type Sent = { readonly request: IncomingMessage; readonly response: ServerResponse }

/** Answers, and returns the owner where one is known. */
type Action = (sent: Sent) => Promise<string | undefined>

function expectMethod(allowed: readonly string[], { request, response }: Sent): void {
  if (allowed.includes(request.method ?? '')) return
  response.setHeader('allow', allowed.join(', '))
  throw new RefusalError('method_not_allowed')
}

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
