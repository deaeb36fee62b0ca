import { expect, test } from 'vitest'
import { deliver } from './deliver.ts'
import { createMemoryStorage } from './memory-storage.ts'
import { createStore } from './store.ts'
import { createWorld } from './test-world.ts'

test.each(['AbortError', 'TimeoutError', 'TypeError'])(
  'after an attempt that ended in %s the entry is still there, under the same key',
  async (name) => {
    await using world = createWorld()
    const store = createStore(createMemoryStorage())
    const entry = {
      schema: 1,
      id: 'key of milk',
      key: 'key of milk',
      orderingKey: 'milk',
      intent: { say: 'milk' },
      addedAt: world.now(),
      attempts: 0,
      reminted: false,
      standing: { state: 'queued' },
    } as const
    await store.add(entry, undefined)
    await deliver('milk', {
      name: world.name,
      store,
      platform: world.platform(),
      isDue: () => true,
      onSending: () => () => undefined,
      transport: {
        send: () => Promise.reject(new DOMException('The user aborted a request.', name)),
        freeze: (intent) => ({ state: 'frozen', body: intent }),
        remint: async () => undefined,
      },
    })
    expect(await store.read()).toMatchObject({
      entries: [{ key: 'key of milk', body: '{"say":"milk"}', standing: { state: 'waiting' } }],
      outcomes: [],
    })
  },
)
