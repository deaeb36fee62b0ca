import { expect, test } from 'vitest'
import { createPartsQueue, type StatementKind } from './split-batch.ts'
import type { Member } from './waiting-members.ts'
import { mostInBatch } from './waiting-members.ts'

test('parts that wait for one statement share it, but no two members with one key do', async () => {
  const { add, sent } = queueBehindASlowPart()
  add('store', 'a')
  add('store', 'b', 'c')
  add('read', 'd')
  add('store', 'a')
  expect(await sent()).toEqual(['store: a b c', 'read: d', 'store: a'])
})

test('parts share a statement up to the size of a batch', async () => {
  const { add, sent } = queueBehindASlowPart()
  const names = Array.from({ length: mostInBatch }, (_, at) => `k${at}`)
  for (const name of names) add('store', name)
  add('store', 'one more')
  expect(await sent()).toEqual([`store: ${names.join(' ')}`, 'store: one more'])
})

test('parts of a split are sent each by itself', async () => {
  const { queue, add, sent } = queueBehindASlowPart()
  queue.addSplit(['a', 'b'].map((name) => ({ kind: 'store', members: [member(name)] })))
  add('store', 'c')
  expect(await sent()).toEqual(['store: a', 'store: b', 'store: c'])
})

function queueBehindASlowPart() {
  const waiting: string[] = []
  const queue = createPartsQueue(async ({ kind, members }) => {
    waiting.push(`${kind}: ${members.map(({ names }) => names.key).join(' ')}`)
  })
  // It is sent at once, and the others wait until the next turn.
  queue.addTogether({ kind: 'execute', members: [] })
  waiting.length = 0
  return {
    queue,
    add: (kind: StatementKind, ...keys: string[]) =>
      queue.addTogether({ kind, members: keys.map(member) }),
    async sent() {
      await new Promise(setImmediate)
      return waiting
    },
  }
}

function member(key: string): Member<unknown> {
  return { names: { key, identity: '' } } as Member<unknown>
}
