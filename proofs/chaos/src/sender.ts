import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type Client, createClient } from '@idem/client/create-client'
import { mintId } from '@idem/client/mint-id'
import { mintKey } from '@idem/client/mint-key'
import { refusalOf } from '@idem/client/refusal-of'
import type { Call, History, HistoryEvent } from './history.ts'
import type { Random } from './random.ts'

export type SenderSettings = {
  readonly name: number
  /** Where it sends; with several, each attempt goes to any of them. */
  readonly urls: readonly string[]
  readonly history: History
  readonly random: Random
  /** Once aborted, the intent under way is settled and no other is begun. */
  readonly stop: AbortSignal
  /** Once aborted, nothing is sent again: what has no answer by then stays without one. */
  readonly giveUp: AbortSignal
}

/** A person with an unsteady server: one intent after another, each sent again until it is answered. */
export async function runSender(settings: SenderSettings): Promise<void> {
  const line = openLine(settings)
  for (let intent = 1; !settings.stop.aborted; intent += 1) {
    await liveThrough(`${settings.name}/${intent}`, settings, line)
  }
}

/** The life of one todo, with what can go wrong in it. */
async function liveThrough(title: string, { name, random }: SenderSettings, line: Line) {
  const input = {
    idempotencyKey: mintKey(),
    title,
    ...(random.percent(50) ? { id: mintId() } : {}),
  }
  const create = (other: Partial<typeof input> = {}) => {
    const sent = { ...input, ...other }
    const call = { sender: name, key: sent.idempotencyKey, input: sent.title } as const
    return line.settle({ ...call, operation: 'createTodo' }, (client) =>
      client.createTodo.mutate(sent),
    )
  }
  const id = await create()
  if (random.percent(20)) await create()
  if (random.percent(15)) await create({ title: `${title} otherwise` })
  if (id === undefined || !random.percent(30)) return
  if (random.percent(30)) {
    // Under a fresh key, as after a key was forgotten: the id is taken, and says so however often.
    const again = { idempotencyKey: mintKey(), id, title: `${title} again` }
    await create(again)
    await create(again)
  }
  const key = random.percent(50) ? mintKey() : undefined
  await line.settle(
    { sender: name, key: key ?? `delete ${title}`, operation: 'deleteTodo', input: id },
    (client) => client.deleteTodo.mutate({ id, ...(key && { idempotencyKey: key }) }),
  )
  await create()
}

type Line = ReturnType<typeof openLine>

/** The typed client, with an ear on the bytes that it reads. */
function openLine({ urls, history, random, giveUp }: SenderSettings) {
  let heard = ''
  const listening: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    const text = await response.text()
    heard = createHash('sha256').update(text).digest('hex').slice(0, 16)
    return new Response(text, response)
  }
  const clients = urls.map((url) => createClient({ url, fetch: listening }))

  async function attempt(call: Call, send: (client: Client) => Promise<{ id: string }>) {
    history.record(call, { kind: 'invoke' })
    const client = clients[random.between(0, clients.length - 1)]
    try {
      if (client === undefined) throw new Error('There is nowhere to send to.')
      const { id } = await send(client)
      return { kind: 'ok', body: heard, id } satisfies HistoryEvent['happened']
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) return { kind: 'unknown', why: String(error) } as const
      const { code, retry } = refusal
      return { kind: 'refused', body: heard, code, retry } as const
    }
  }

  return {
    /** Sends under one key until there is an answer; the id it names, or undefined when there is none. */
    async settle(call: Call, send: (client: Client) => Promise<{ id: string }>) {
      for (let tries = 1; ; tries += 1) {
        const happened = await attempt(call, send)
        history.record(call, happened)
        if (happened.kind === 'ok') return happened.id
        if (happened.kind === 'refused' && happened.retry !== 'same_key') return undefined
        if (giveUp.aborted) return undefined
        // Full jitter, like the outbox's, but short: the server is back in a second.
        await pause(random.between(0, Math.min(200, 20 * 2 ** tries)))
      }
    },
  }
}
