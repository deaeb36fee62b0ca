import { setTimeout as pause } from 'node:timers/promises'
import { mintKey } from '../requests/mint-key.ts'

export type Intent = { readonly key: string; readonly title: string }

export function newIntent(title: string): Intent {
  return { key: mintKey(), title }
}

/** As a careful client: each attempt may take this long, and the next follows soon. */
const attemptMs = 3_000
const pauseMs = 50

/** Sends the intent again, with its key, until the server says that the todo exists; false when it gives up. */
export async function sendPatiently(
  url: string,
  { key, title }: Intent,
  patienceMs: number,
): Promise<boolean> {
  const giveUpAt = performance.now() + patienceMs
  for (;;) {
    if (await send(url, key, JSON.stringify({ idempotencyKey: key, title }))) return true
    if (performance.now() > giveUpAt) return false
    await pause(pauseMs)
  }
}

async function send(url: string, key: string, body: string): Promise<boolean> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body,
      signal: AbortSignal.timeout(attemptMs),
    })
    await answer.text()
    return answer.ok
  } catch {
    // The server is down, or the answer is lost: nothing is known.
    return false
  }
}
