import { createOutbox } from '@idem/outbox'

type Comment = { readonly text: string }
type Saved = { readonly id: string }

class HttpError extends Error {
  readonly status: number
  constructor(status: number) {
    super(`The server answered with status ${status}.`)
    this.status = status
  }
}

const outbox = createOutbox<Comment, Saved>({
  name: 'comments',

  // One attempt. The same key and the same body each time.
  async send({ key, body }, signal) {
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': key }
    const response = await fetch('/comments', { method: 'POST', headers, body, signal })
    if (!response.ok) throw new HttpError(response.status)
    return response.json()
  },

  // Without this, every error is sent again, also one that will never succeed. A proxy's 403 does
  // not say whether an earlier attempt without an answer took effect.
  refusalOf: (error, { isUnknown }) =>
    error instanceof HttpError && error.status < 500 && !isUnknown ? { retry: 'never' } : undefined,
})

/** Also sends the intents that earlier pages left. Call it once, in the browser. */
export function startSending(): () => void {
  return outbox.start()
}

export async function postComment(text: string, clearInput: () => void): Promise<Saved> {
  const { written, answer } = outbox.add({ intent: { text } })
  await written
  clearInput()
  return answer
}
