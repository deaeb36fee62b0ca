import { setTimeout as pause } from 'node:timers/promises'
import { mintKey } from '../requests/mint-key.ts'

export type Intent = { readonly key: string; readonly title: string }

export function newIntent(title: string): Intent {
  return { key: mintKey(), title }
}

/** A careful client gives each attempt this long, and the next follows soon. */
const attemptMs = 3_000
const pauseMs = 50

/** Sends the intent again, with its key, until the server says that the todo exists; false when it gives up. */
export async function sendWithRetries(
  url: string,
  intent: Intent,
  patienceMs: number,
): Promise<boolean> {
  const giveUpAt = performance.now() + patienceMs
  for (;;) {
    if (await send(url, intent)) return true
    if (performance.now() > giveUpAt) return false
    await pause(pauseMs)
  }
}

/** A request as it goes over a connection. */
export function asText(url: string, intent: Intent): string {
  const { host, pathname } = new URL(url)
  const body = bodyOf(intent)
  const head = { host, ...headersOf(intent), 'content-length': Buffer.byteLength(body) }
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}

function headersOf({ key }: Intent) {
  return { 'content-type': 'application/json', 'idempotency-key': key }
}

function bodyOf({ key, title }: Intent): string {
  return JSON.stringify({ idempotencyKey: key, title })
}

async function send(url: string, intent: Intent): Promise<boolean> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: headersOf(intent),
      body: bodyOf(intent),
      signal: AbortSignal.timeout(attemptMs),
    })
    await answer.text()
    return answer.ok
  } catch {
    // The server is down, or the answer is lost: nothing is known.
    return false
  }
}
