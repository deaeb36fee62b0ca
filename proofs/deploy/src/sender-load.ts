import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { z } from 'zod'

const senders = 4
/** About 150 creates a second in all, so that the list at the end has thousands and not millions. */
const betweenMs = 25
/** What a client gets while a server restarts; everything else ends the proof. */
const passing = [409, 429, 502, 503]

const Created = z.object({ id: z.string() })
const Page = z.object({
  todos: z.array(z.object({ id: z.string(), title: z.string() })),
  nextCursor: z.string().nullable(),
})

type Target = { readonly url: string; readonly headers?: Readonly<Record<string, string>> }

/** Creates todos until `stop`, each with one key until it is answered, and every third one twice at once. */
export function startLoad({ url, headers = {} }: Target) {
  const answered = new Map<string, string>()
  let isStopping = false
  let retries = 0

  async function create(title: string): Promise<string> {
    for (;;) {
      const response = await fetch(`${url}/todos`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': title },
        body: JSON.stringify({ title }),
      }).catch(() => undefined)
      if (response?.status === 201) return Created.parse(await response.json()).id
      const text = await response?.text()
      if (response !== undefined && !passing.includes(response.status)) {
        throw new Error(`${title}: ${response.status} ${text}`)
      }
      retries += 1
      await pause(betweenMs)
    }
  }

  async function send(sender: number): Promise<void> {
    for (let index = 0; !isStopping; index += 1) {
      const title = `load-${sender}-${index}`
      const attempts = index % 3 === 0 ? [create(title), create(title)] : [create(title)]
      const [id = '', again = id] = await Promise.all(attempts)
      expect(again).toBe(id)
      answered.set(title, id)
      await pause(betweenMs)
    }
  }

  const sent = Promise.all(Array.from({ length: senders }, (_, sender) => send(sender)))
  // Its failure is thrown by `stop`.
  sent.catch(() => {})
  return {
    answered: () => answered.size,
    retries: () => retries,
    /** Ends when every intent is answered. Nothing is lost or doubled, and nobody got another answer. */
    async stop(): Promise<void> {
      isStopping = true
      await sent
      const found = await allTodos({ url, headers })
      expect(found.toSorted()).toEqual([...answered].map((each) => each.join(' ')).toSorted())
    },
  }
}

async function allTodos({ url, headers = {} }: Target): Promise<string[]> {
  const found: string[] = []
  let query = 'limit=100'
  for (;;) {
    const response = await fetch(`${url}/todos?${query}`, { headers })
    const { todos, nextCursor } = Page.parse(await response.json())
    found.push(...todos.map(({ id, title }) => `${title} ${id}`))
    if (nextCursor === null) return found
    query = `limit=100&cursor=${encodeURIComponent(nextCursor)}`
  }
}
