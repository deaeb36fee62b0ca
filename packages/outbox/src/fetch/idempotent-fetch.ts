import { mintKey } from '../mint-key.ts'
import { againAfter } from '../repeat/again-after.ts'
import { type Ended, repeat } from '../repeat/repeat.ts'
import { retryAfter } from './retry-after.ts'

export type IdempotentFetchOptions = {
  /** How long one attempt may take, with the body of its response, in ms; then it is repeated. Default: 30,000. */
  readonly attemptTimeoutMs?: number
}

const header = 'Idempotency-Key'

/**
 * Returns a `fetch` that sends a request until it is answered, always with one
 * `Idempotency-Key`: the one in its headers, or a new UUIDv7. A request takes effect
 * once if the server recognizes the key. GET, HEAD and OPTIONS are not changed.
 *
 * It repeats attempts without an answer (lost connection, time-out, a body that breaks
 * off, 408, 425, 429, 502 and above), and errors whose JSON body says
 * `{ "refusal": { "retry": "same_key" } }`, with back-off from 0.5 s to 60 s and not
 * before `Retry-After`. A 500 is returned after three attempts, and so is a 4xx after an
 * attempt without an answer: a proxy's 403 does not prove that this had no effect. Every
 * other response is returned as it is, also a 409. Its body has arrived completely.
 *
 * Rejects only when the signal of the request aborts, and for a request that `fetch` cannot send.
 */
export function idempotentFetch(options: IdempotentFetchOptions = {}): typeof fetch {
  return async function sendUntilAnswered(input, init) {
    const request = new Request(input, init)
    if (/^(GET|HEAD|OPTIONS)$/.test(request.method)) return fetch(input, init)
    const { headers, signal } = request
    const key = headers.get(header) ?? mintKey()
    headers.set(header, key)
    return repeat((signal, isUnknown) => attempt(fetch(request.clone(), { signal }), isUnknown), {
      ...options,
      key,
      signal,
    })
  }
}

async function attempt(sent: Promise<Response>, isUnknown: boolean): Promise<Ended<Response>> {
  try {
    const result = await sent
    // The answer must be complete before it counts.
    const text = await result.clone().text()
    if (result.ok) return { result }
    const { status, headers } = result
    // Not every error is JSON.
    const data: unknown = await new Response(text).json().catch(() => undefined)
    const retryAfterMs = retryAfter(headers.get('Retry-After'))
    return { result, again: againAfter({ status, data, retryAfterMs, isUnknown }) }
  } catch (error) {
    return { error, again: {} }
  }
}
