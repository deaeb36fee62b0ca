import { setTimeout as pause } from 'node:timers/promises'
import { onServer } from '@idem/test-support/on-server'
import { v7 } from 'uuid'
import { expect } from 'vitest'
import type { Answer } from '../load/client-connection.ts'
import type { Call, ClusterWorld } from './cluster-world.ts'

const senders = 6
const todosAtLeast = 100
const pollMs = 20

/**
 * Runs the work while owners create and change todos through both servers, each call twice, and expects that each has
 * one effect and one answer. Ends when the work and a hundred todos are done.
 */
export async function underLoad<T>(world: ClusterWorld, work: () => Promise<T>): Promise<T> {
  const before = await countsIn(world)
  const answers: Answer[] = []
  let todos = 0
  let isDone = false
  async function sender(at: number): Promise<void> {
    const [line, other] = await world.lines()
    const twice = async (call: Call) => {
      const [first, again] = await Promise.all([line.settle(call), other.settle(call)])
      expect(again).toEqual(first)
      answers.push(first)
      return JSON.parse(first.body).result?.data
    }
    for (let n = at; !isDone || todos < todosAtLeast; n += senders) {
      const account = world.accounts[n % world.accounts.length] as Call['account']
      const call = (operation: Call['operation'], input: object): Call => ({
        account,
        operation,
        input: { idempotencyKey: v7(), ...input },
      })
      const made = await twice(call('createTodo', { title: `todo ${n}` }))
      await twice(call('updateTodo', { id: made.id, version: 1, title: 'changed' }))
      todos += 1
    }
  }
  const sent = Promise.all(Array.from({ length: senders }, (_, at) => sender(at)))
  const started = (async () => {
    while (todos < senders) await pause(pollMs)
    return await work()
  })().finally(() => {
    isDone = true
  })
  const [result] = await Promise.all([started, sent])
  expect([...new Set(answers.map(({ status }) => status))]).toEqual([200])
  const after = await countsIn(world)
  expect({ todos: after.todos - before.todos, changed: after.changed - before.changed }).toEqual({
    todos,
    changed: todos,
  })
  return result
}

/** Of the owners with accounts. */
async function countsIn({ cluster, accounts }: ClusterWorld) {
  let counts = { todos: 0, changed: 0 }
  await onServer(cluster.nodes[0].url, async (sql) => {
    const { rows } = await sql.query(
      `select count(*)::int as todos, count(*) filter (where version = 2)::int as changed
       from todo where owner_id = any($1)`,
      [accounts.map(({ owner }) => owner)],
    )
    counts = rows[0]
  })
  return counts
}
