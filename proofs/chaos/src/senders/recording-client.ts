import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type Client, createClient } from '@idem/client/create-client'
import { type Refusal, refusalOf } from '@idem/outbox'
import type { Random } from '@idem/test-support/random'
import {
  type Call,
  type History,
  type HistoryEvent,
  isFinal,
  type ReportedOutcome,
} from './history.ts'

export type RecordingClientSettings = {
  /** The servers; each attempt goes to a random one. */
  readonly urls: readonly string[]
  readonly history: History
  readonly random: Random
  /** The time-out of an attempt, after which it is unknown. Default: the client's own 12,000 ms. */
  readonly attemptTimeoutMs?: number | undefined
  /** The API key of the sender's account. Default: none, for servers without sign-in. */
  readonly apiKey?: string | undefined
  /** Once aborted, nothing is repeated: unanswered calls stay unknown. */
  readonly giveUp: AbortSignal
}

export type CallResult = Exclude<HistoryEvent['happened'], { kind: 'invoke' }>

/** The todo in a refusal stands in the way; its version is what counts. */
type ReceivedRefusal = Refusal & { readonly current?: { readonly version?: number } }

/** The members of an answer that the senders use. */
type Answer = {
  readonly id?: string
  readonly version?: number
  readonly state?: ReportedOutcome['state']
  readonly operation?: string
  readonly refusal?: { readonly code: string } | undefined
}

export type RecordingClient = ReturnType<typeof createRecordingClient>

/** The typed client, which records the bytes it reads in the history. */
export function createRecordingClient({
  urls,
  history,
  random,
  attemptTimeoutMs,
  apiKey,
  giveUp,
}: RecordingClientSettings) {
  const patience = attemptTimeoutMs === undefined ? {} : { attemptTimeoutMs }

  /** A client for one attempt, because concurrent attempts must not share their recorded bytes. */
  function dial() {
    let text = ''
    const listening: typeof fetch = async (input, init) => {
      const headers = new Headers(init?.headers)
      if (apiKey !== undefined) headers.set('authorization', `Bearer ${apiKey}`)
      const response = await fetch(input, { ...init, headers })
      text = await response.text()
      return new Response(text, response)
    }
    const url = urls[random.between(0, urls.length - 1)] ?? ''
    return { client: createClient({ url, fetch: listening, ...patience }), text: () => text }
  }

  async function attempt(send: (client: Client) => Promise<Answer>): Promise<CallResult> {
    const { client, text } = dial()
    try {
      return toResult(await send(client), storedPart(text()))
    } catch (error) {
      const refusal: ReceivedRefusal | undefined = refusalOf(error)
      if (refusal?.code === undefined) return { kind: 'unknown', why: String(error) }
      const { code, retry, current } = refusal
      return {
        kind: 'refused',
        body: hashOf(text()),
        code,
        retry,
        currentVersion: current?.version,
      }
    }
  }

  return {
    /** Repeats the call until it is settled; returns the last result. */
    async settle(call: Call, send: (client: Client) => Promise<Answer>): Promise<CallResult> {
      for (let tries = 1; ; tries += 1) {
        history.record(call, { kind: 'invoke' })
        const happened = await attempt(send)
        history.record(call, happened)
        if (isFinal({ at: 0, ...call, happened }) || giveUp.aborted) return happened
        // Full jitter, like the outbox's, but short: the server restarts within a second.
        await pause(random.between(0, Math.min(200, 20 * 2 ** tries)))
      }
    },
  }
}

function toResult(
  { id = '', version, state, operation, refusal }: Answer,
  text: string,
): CallResult {
  const body = hashOf(text)
  if (state === undefined) return { kind: 'ok', body, id, version }
  const from = text.indexOf(answerMember)
  const answer = from < 0 ? undefined : hashOf(text.slice(from + answerMember.length, -1))
  return { kind: 'reported', body, outcome: { state, operation, answer, refusal: refusal?.code } }
}

/** The last member of an outcome. */
const answerMember = ',"answer":'

/** The envelope around it belongs to tRPC. */
function storedPart(text: string): string {
  return text.slice('{"result":{"data":'.length, -'}}'.length)
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
