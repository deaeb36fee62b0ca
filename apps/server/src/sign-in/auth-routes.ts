import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Accounts, HalfSignedIn, SignedIn } from '@idem/accounts/open-accounts'
import { writeProblem } from '@idem/api/problem'
import { closeIfUnread } from '@idem/api/read-body'
import { RefusalError } from '@idem/contract/refusal'
import { IdempotencyError } from '@idem/idempotency'
import { z } from 'zod'
import type { SignInEvent } from '../logs/refusal-logger.ts'
import type { AccountActions } from './account-actions.ts'
import type { Cookies } from './cookies.ts'
import { type Action, Name, NewPassword, Password, readInput, type Sent, send } from './exchange.ts'
import { CodeAnswer, type FactorActions, PasskeyAnswer } from './factor-actions.ts'

export type AuthRoutes = {
  readonly accounts: Accounts
  readonly cookies: Cookies
  readonly clientAddress: (request: IncomingMessage) => string
  readonly account: AccountActions
  readonly factors: FactorActions
  readonly onFailure: (error: unknown) => void
  readonly onAction: (event: SignInEvent) => void
}

const Email = z.email().max(254)
const Token = z.string().min(1).max(100)
const SignIn = z.strictObject({ email: Email, password: Password })
const Claim = z.strictObject({
  token: Token,
  email: Email,
  password: NewPassword,
  name: Name.default(''),
})
const Reset = z.strictObject({ token: Token, password: NewPassword })

/**
 * `/api/auth/…`: signing in and out, what the links of the commands lead to, who is signed in, and what a person
 * does to the own account. Nobody can sign up.
 */
export function createAuthRoutes(routes: AuthRoutes) {
  const { accounts, cookies, clientAddress, account, factors, onFailure, onAction } = routes
  const actions: Readonly<Record<string, Action>> = {
    ...account.actions,
    ...factors.actions,
    export: account.download,
    async 'sign-in'(sent) {
      const { request } = sent
      const { email, password } = await readInput(SignIn, request)
      const address = clientAddress(request)
      const device = cookies.device(request)
      const given = { email, password, address, device, userAgent: request.headers['user-agent'] }
      const signed = await accounts.signIn(given)
      return 'step' in signed ? halfSignedIn(sent, signed) : await signedIn(sent, signed)
    },
    async 'sign-in-code'(sent) {
      const { request } = sent
      const { code } = await readInput(CodeAnswer, request)
      const address = clientAddress(request)
      const given = { code, step: cookies.step(request), device: cookies.device(request) }
      const userAgent = request.headers['user-agent']
      return await signedIn(sent, await accounts.signInByCode({ ...given, address, userAgent }))
    },
    async 'sign-in-passkey'(sent) {
      const { request } = sent
      const { response } = await readInput(PasskeyAnswer, request)
      const given = { step: cookies.step(request), userAgent: request.headers['user-agent'] }
      return await signedIn(sent, await accounts.signInByPasskey({ ...given, response }))
    },
    async 'sign-out'({ request, response }) {
      await expectOwnSession(request)
      const owner = await endSession(request)
      response.setHeader('set-cookie', cookies.signedOut(request))
      send(response, 204)
      return owner
    },
    async claim(sent) {
      const given = await readInput(Claim, sent.request)
      const userAgent = sent.request.headers['user-agent']
      return await signedIn(sent, await accounts.claim({ ...given, userAgent }))
    },
    async reset({ request, response }) {
      const owner = await accounts.reset(await readInput(Reset, request))
      await endSession(request)
      response.setHeader('set-cookie', cookies.signedOut(request))
      send(response, 204)
      return owner
    },
  }

  /** The cookie of another session is replaced, so nobody could end that one any more. */
  async function signedIn(
    sent: Sent,
    { account, mustSetUp, ...tokens }: SignedIn,
  ): Promise<string> {
    const { request, response } = sent
    await endSession(request)
    response.setHeader('set-cookie', cookies.signedIn(request, tokens))
    send(response, 200, { account, ...(mustSetUp && { mustSetUp }) })
    return account
  }

  function halfSignedIn({ request, response }: Sent, { step, factors }: HalfSignedIn): undefined {
    response.setHeader('set-cookie', cookies.begun(request, step))
    send(response, 200, { secondFactor: factors })
  }

  /** A page of another site cannot send the header. One of another account of this browser ends no foreign session. */
  async function expectOwnSession(request: IncomingMessage): Promise<void> {
    const account = request.headers['idem-account']
    if (account === undefined) throw new RefusalError('forbidden')
    const token = cookies.session(request)
    const owner = token === undefined ? undefined : await accounts.ownerOf(token)
    if (owner !== undefined && owner !== account) throw new RefusalError('other_account')
  }

  async function endSession(request: IncomingMessage): Promise<string | undefined> {
    const token = cookies.session(request)
    return token === undefined ? undefined : await accounts.signOut(token)
  }

  const reads: Readonly<Record<string, (sent: Sent) => Promise<void>>> = {
    session: showSession,
    account: account.show,
    'second-factors': factors.show,
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
    expectMethod([action === 'export' ? 'GET' : 'POST'], sent)
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
      const read = Object.hasOwn(reads, name) ? reads[name] : undefined
      if (read === undefined) return await act(name, { request, response })
      expectMethod(['GET', 'HEAD'], { request, response })
      await read({ request, response })
    } catch (error) {
      // A download that has begun; its connection has ended.
      if (response.headersSent) return onFailure(error)
      for (const [header, value] of Object.entries(closeIfUnread(request))) {
        response.setHeader(header, value)
      }
      if (error instanceof RefusalError) return writeProblem(response, error)
      onFailure(error)
      writeProblem(response, new IdempotencyError('unavailable'))
    }
  }
}

function expectMethod(allowed: readonly string[], { request, response }: Sent): void {
  if (allowed.includes(request.method ?? '')) return
  response.setHeader('allow', allowed.join(', '))
  throw new RefusalError('method_not_allowed')
}
