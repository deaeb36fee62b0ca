import type { FormIntent } from '../react/form-intent.ts'
import { receivedRefusal } from '../repeat/refusal-of.ts'
import { type Again, type Ended, repeat } from '../repeat/repeat.ts'
import { fieldName } from './key-field.ts'

type Action<State> = (state: Awaited<State>, form: FormData) => Promise<State>

/**
 * An action whose calls are repeated under the key of their form until one is answered.
 * Everything but the call is that of the given action, so the server can still render a form
 * that works without JavaScript.
 */
export function untilAnswered<State>(action: Action<State>, intent: FormIntent): Action<State> {
  async function call(state: Awaited<State>, form: FormData): Promise<State> {
    const key = String(form.get(fieldName))
    const { signal } = new AbortController()
    try {
      const { answer } = await repeat(() => attempt(() => action(state, form)), { key, signal })
      intent.settled(key, receivedRefusal(answer) && answer)
      return answer
    } catch (error) {
      intent.settled(key, isRedirect(error) ? undefined : error)
      throw error
    }
  }

  return new Proxy(call, {
    get(_, member) {
      const value: unknown = Reflect.get(action, member)
      return typeof value === 'function' ? value.bind(action) : value
    },
  })
}

async function attempt<State>(send: () => Promise<State>): Promise<Ended<{ answer: State }>> {
  try {
    const answer = await send()
    const refusal = receivedRefusal(answer)
    return { result: { answer }, again: refusal?.retry === 'same_key' ? refusal : undefined }
  } catch (error) {
    return { error, again: againAfterError(error) }
  }
}

function againAfterError(error: unknown): Again | undefined {
  // Next gives a digest to each error that the server has thrown, and the effect was rolled back.
  if (digestOf(error) !== undefined) return undefined
  // A lost connection is a TypeError of `fetch`; a response that is not of Next's is another one.
  return { isFailure: !(error instanceof TypeError) }
}

/** The effect has redirected, so the submission is answered. */
function isRedirect(error: unknown): boolean {
  return String(digestOf(error)).startsWith('NEXT_REDIRECT;')
}

function digestOf(error: unknown): unknown {
  return Object(error).digest
}
