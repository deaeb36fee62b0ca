import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type Client, createClient } from '@idem/client/create-client'
import { refusalOf } from '@idem/client/refusal-of'
import type { Random } from '@idem/test-support/random'
import {
  type Call,
  type History,
  type HistoryEvent,
  isFinal,
  type ReportedOutcome,
} from './history.ts'

export type RecordingClientSettings = {
  /** Where it sends; with several, each attempt goes to any of them. */
  readonly urls: readonly string[]
  readonly history: History
  readonly random: Random
  /** How long one attempt may take before it is unknown: 12,000 ms, the client's own, unless told. */
  readonly attemptTimeoutMs?: number | undefined
  /** Once aborted, nothing is sent again: what has no answer by then stays without one. */
  readonly giveUp: AbortSignal
}

export type CallResult = Exclude<HistoryEvent['happened'], { kind: 'invoke' }>

/** What a call answers, as far as the senders look at it. */
type Answer = {
  readonly id?: string
  readonly version?: number
  readonly state?: ReportedOutcome['state']
  readonly operation?: string
  readonly refusal?: { readonly code: string } | undefined
}

export type RecordingClient = ReturnType<typeof createRecordingClient>

/** The typed client, with an ear on the bytes that it reads, and a pen that writes it all down. */
export function createRecordingClient({
  urls,
  history,
  random,
  attemptTimeoutMs,
  giveUp,
}: RecordingClientSettings) {
  const patience = attemptTimeoutMs === undefined ? {} : { attemptTimeoutMs }

  /** A client for one attempt: two attempts at once must not hear each other's bytes. */
  function dial() {
    let text = ''
    const listening: typeof fetch = async (input, init) => {
      const response = await fetch(input, init)
      text = await response.text()
      return new Response(text, response)
    }
    const url = urls[random.between(0, urls.length - 1)] ?? ''
    return { client: createClient({ url, fetch: listening, ...patience }), text: () => text }
  }

  async function attempt(send: (client: Client) => Promise<Answer>): Promise<CallResult> {
    const { client, text } = dial()
    try {
      return understood(await send(client), storedPart(text()))
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) return { kind: 'unknown', why: String(error) }
      const { code, retry, current } = refusal
      return { kind: 'refused', body: hashOf(text()), code, retry, standing: current?.version }
    }
  }

  return {
    /** Sends until there is an answer that settles it; says what was heard last. */
    async settle(call: Call, send: (client: Client) => Promise<Answer>): Promise<CallResult> {
      for (let tries = 1; ; tries += 1) {
        history.record(call, { kind: 'invoke' })
        const happened = await attempt(send)
        history.record(call, happened)
        if (isFinal({ at: 0, ...call, happened }) || giveUp.aborted) return happened
        // Full jitter, like the outbox's, but short: the server is back in a second.
        await pause(random.between(0, Math.min(200, 20 * 2 ** tries)))
      }
    },
  }
}

function understood(
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

/** What is around it is tRPC's. */
function storedPart(text: string): string {
  return text.slice('{"result":{"data":'.length, -'}}'.length)
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
