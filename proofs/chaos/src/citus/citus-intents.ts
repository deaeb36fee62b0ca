import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '@idem/test-support/random'
import { v7 } from 'uuid'
import type { Answer } from '../load/client-connection.ts'
import type { Call, ClusterWorld, Line } from './cluster-world.ts'

/** A call whose answer is stored, with that answer. */
export type Intent = { readonly call: Call; readonly answer: string }

export type Created = { readonly owner: string; readonly title: string; readonly id: string }

/**
 * Senders of many accounts, who send each call to two servers at once, repeat earlier calls, change a todo under two
 * keys at once, and send other inputs under a used key. What must not be is collected in `wrong`.
 */
export function createIntents({ accounts, lines }: ClusterWorld, random: Random) {
  const intents: Intent[] = []
  /** By their keys. */
  const created = new Map<string, Created>()
  const wrong: string[] = []

  function settled(call: Call, answers: readonly Answer[]): string {
    const [first = { body: '' }, ...others] = answers
    if (others.some(({ body }) => body !== first.body))
      wrong.push(`${JSON.stringify(call.input)}: ${answers.map(({ body }) => body).join(' or ')}`)
    intents.push({ call, answer: first.body })
    return first.body
  }

  const both = async (call: Call, [one, other]: readonly [Line, Line]) =>
    settled(call, await Promise.all([one.settle(call), other.settle(call)]))

  async function create(account: Call['account'], to: readonly [Line, Line]): Promise<string> {
    const idempotencyKey = v7()
    const title = `todo ${intents.length}`
    const text = await both(
      { account, operation: 'createTodo', input: { idempotencyKey, title } },
      to,
    )
    const { id = '' } = todoOf(text)
    if (!text.includes(title)) wrong.push(`"${title}" was answered with ${text}`)
    created.set(idempotencyKey, { owner: account.owner, title, id })
    return id
  }

  const changeOf = (account: Call['account'], id: string, completed: boolean): Call => ({
    account,
    operation: 'updateTodo',
    input: { idempotencyKey: v7(), id, version: 1, completed },
  })

  async function change(account: Call['account'], id: string, to: readonly [Line, Line]) {
    const call = changeOf(account, id, true)
    const text = await both(call, to)
    if (todoOf(text).version !== 2) wrong.push(`${JSON.stringify(call.input)}: ${text}`)
  }

  /** Of two keys at the same version one succeeds. */
  async function rival(account: Call['account'], id: string, [one, other]: readonly [Line, Line]) {
    const calls = [changeOf(account, id, true), changeOf(account, id, false)] as const
    const answers = await Promise.all([one.settle(calls[0]), other.settle(calls[1])])
    const again = [await other.settle(calls[0]), await one.settle(calls[1])]
    const texts = calls.map((call, at) =>
      settled(call, [answers[at] as Answer, again[at] as Answer]),
    )
    const won = texts.filter((text) => todoOf(text).version === 2).length
    const lost = texts.filter((text) => text.includes('"code":"version_conflict"')).length
    if (won !== 1 || lost !== 1) wrong.push(`Rivals: ${texts.join(' and ')}`)
  }

  async function repeat({ call, answer }: Intent, line: Line): Promise<void> {
    const { body } = await line.settle(call)
    if (body !== answer) wrong.push(`${JSON.stringify(call.input)}: ${answer}, later ${body}`)
  }

  async function reuse({ call }: Intent, line: Line): Promise<void> {
    const input = { idempotencyKey: call.input.idempotencyKey, title: 'something else' }
    const { body } = await line.settle({ ...call, operation: 'createTodo', input })
    if (!body.includes('"code":"key_reused"')) wrong.push(`Other input: ${body}`)
  }

  return {
    intents,
    created,
    wrong,
    /** Sends until `isOver`, one call after the other. */
    async send(isOver: () => boolean): Promise<void> {
      const to = await lines()
      while (!isOver()) {
        const account = accounts[random.between(0, accounts.length - 1)] as Call['account']
        const id = await create(account, to)
        await (random.percent(20) ? rival : change)(account, id, to)
        const earlier = intents[random.between(0, intents.length - 1)] as Intent
        if (random.percent(10)) await repeat(earlier, to[random.between(0, 1)] as Line)
        if (random.percent(5)) await reuse(earlier, to[random.between(0, 1)] as Line)
        // Nothing that is wrong becomes right; the test ends.
        if (wrong.length > 20) return
        await pause(0)
      }
    },
    /** Each call once more, by so many senders. */
    async repeatAll(senders: number): Promise<void> {
      let next = 0
      const sender = async (at: number) => {
        const line = (await lines())[at % 2] as Line
        for (let intent = intents[next++]; intent !== undefined; intent = intents[next++]) {
          await repeat(intent, line)
        }
      }
      await Promise.all(Array.from({ length: senders }, (_, at) => sender(at)))
    },
  }
}

/** Of an answer that is a todo. */
function todoOf(text: string): { readonly id?: string; readonly version?: number } {
  return JSON.parse(text).result?.data ?? {}
}
