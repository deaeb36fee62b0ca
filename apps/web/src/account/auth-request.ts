import { hasMembers } from '@idem/contract/has-members'
import type { RefusalCode } from '@idem/contract/refusal'

export type AuthAction = 'sign-in' | 'sign-out' | 'claim' | 'reset'

/** How a request about an account ended. `words`: why it did not, for a person. */
export type AuthAnswer =
  | { readonly state: 'done'; readonly account: string | undefined }
  | {
      readonly state: 'failed'
      readonly code: RefusalCode | undefined
      readonly words: string
      readonly paths: readonly string[]
    }

type Sent = {
  readonly body?: Readonly<Record<string, string>>
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
    const response = await fetch(`/api/auth/${action}`, {
      method: 'POST',
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(account !== undefined && { 'idem-account': account }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    })
    const answer: unknown = await response.json().catch(() => undefined)
    if (!response.ok) return failure(answer)
    return {
      state: 'done',
      account: hasMembers(answer, { account: 'string' }) ? answer.account : undefined,
    }
  } catch {
    return {
      state: 'failed',
      code: undefined,
      words: 'The server cannot be reached. Check the network, then try again.',
      paths: [],
    }
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
