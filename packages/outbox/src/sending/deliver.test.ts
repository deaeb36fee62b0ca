import { expect, test } from 'vitest'
import { createServerClock } from '../server-clock.ts'
import { createMemoryStorage } from '../storage/memory-storage.ts'
import { createStore } from '../storage/store.ts'
import { anyReader, createWorld } from '../test-world.ts'
import { deliver } from './deliver.ts'

test.each(['AbortError', 'TimeoutError', 'TypeError'])(
  'after an attempt that ended in %s the entry is still there, under the same key',
  async (name) => {
    await using world = createWorld()
    const store = createStore(createMemoryStorage(), anyReader)
    const entry = {
      id: 'key of milk',
      key: 'key of milk',
      orderingKey: 'milk',
      intent: { text: 'milk' },
      account: '',
      addedAt: world.now(),
      attempts: 0,
      reminted: false,
      isDiscarding: false,
      isUnknown: false,
      status: { state: 'queued' },
    } as const
    await store.add(entry, { note: undefined, read: undefined })
    await deliver('milk', {
      name: world.name,
      store,
      platform: world.platform(),
      clock: createServerClock(),
      isDue: () => true,
      checkEpoch: async () => undefined,
      onAnswer: () => undefined,
      onSending: () => () => undefined,
      transport: {
        send: () => Promise.reject(new DOMException('The user aborted a request.', name)),
      },
    })
    expect(await store.read()).toMatchObject({
      entries: [{ key: 'key of milk', body: '{"text":"milk"}', status: { state: 'waiting' } }],
      outcomes: [],
    })
  },
)
