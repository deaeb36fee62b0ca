import { createOutbox } from '@idem/outbox'

type Comment = { readonly text: string }
type Saved = { readonly id: string }

const outbox = createOutbox<Comment, Saved>({
  name: 'comments',

  // One attempt. The same key and the same body each time.
  async send({ key, body }, signal) {
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': key }
    const response = await fetch('/comments', { method: 'POST', headers, body, signal })
    if (!response.ok) throw response
    return response.json()
  },
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
