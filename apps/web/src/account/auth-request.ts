import { hasMembers } from '@idem/contract/has-members'
import type { RefusalCode } from '@idem/contract/refusal'

/** A path below `/api/auth/`. */
export type AuthAction =
  | 'sign-in'
  | 'sign-out'
  | 'claim'
  | 'reset'
  | 'reauthenticate'
  | 'change-password'
  | 'rename'
  | 'end-session'
  | 'end-other-sessions'
  | 'create-api-key'
  | 'revoke-api-key'
  | 'confirm-api-key'
  | 'create-invite'
  | 'withdraw-invite'
  | 'begin-export'
  | 'delete-account'
  | 'passkey-options'
  | 'sign-in-passkey'
  | 'sign-in-code'
  | 'reauthenticate-passkey'
  | 'new-passkey-options'
  | 'add-passkey'
  | 'rename-passkey'
  | 'remove-passkey'
  | 'new-totp'
  | 'set-totp'
  | 'remove-totp'
  | 'new-recovery-codes'

export type AuthInput = Readonly<Record<string, string | number | object>>

/** How a request about an account ended. `words`: why it did not, for a person. */
export type AuthAnswer =
  | { readonly state: 'done'; readonly text: string }
  | {
      readonly state: 'failed'
      readonly code: RefusalCode | undefined
      readonly words: string
      readonly paths: readonly string[]
    }

type Sent = {
  readonly body?: AuthInput
  /** The account that the page acts for: a change by cookie names it. */
  readonly account?: string
}

/** A password is checked within seconds, also when others wait for that. */
const timeoutMs = 30_000

/** One attempt: a person who signs in is there, and tries again. */
export async function authRequest(
  action: AuthAction,
  { body, account }: Sent,
): Promise<AuthAnswer> {
  try {
    const response = await fetch(`api/auth/${action}`, {
      method: 'POST',
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(account !== undefined && { 'idem-account': account }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    })
    const text = await response.text()
    return response.ok ? { state: 'done', text } : failure(answerIn(text))
  } catch {
    return {
      state: 'failed',
      code: undefined,
      words: 'The server cannot be reached. Check the network, then try again.',
      paths: [],
    }
  }
}

/** A text of an answer; undefined where it has none of this name. */
export function memberOf(text: string, name: string): string | undefined {
  const answer = answerIn(text)
  return hasMembers(answer, { [name]: 'string' }) ? String(answer[name]) : undefined
}

/** Undefined where it is none. */
export function answerIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Also of something in front of the server, which sends no refusal. */
function failure(answer: unknown): AuthAnswer {
  const { code, paths, retryAfterMs } = Object(Object(answer).refusal)
  const wait = waitWords(Number(retryAfterMs) || 0)
  return {
    state: 'failed',
    code,
    words:
      code === 'too_many'
        ? `Too many attempts. Try again ${wait}.`
        : `The server cannot do this now. Try again ${wait}.`,
    paths: Array.isArray(paths) ? paths.map(String) : [],
  }
}

/** The time that the server asks for, not shortened. */
function waitWords(ms: number): string {
  if (ms <= 0) return 'later'
  const seconds = Math.ceil(ms / 1_000)
  if (seconds === 1) return 'in a second'
  if (seconds < 90) return `in ${seconds} seconds`
  return `in ${Math.ceil(seconds / 60)} minutes`
}
