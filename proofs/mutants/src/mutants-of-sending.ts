import { killingTest } from './killing-test.ts'
import type { Mutant } from './mutant.ts'

const deliver = 'packages/outbox/src/deliver.ts'
const transport = 'apps/web/src/todos/todo-transport.ts'
const inOutbox = (test: string) => killingTest('packages/outbox/src/create-outbox.test.ts', test)
const inDeliver = (test: string) => killingTest('packages/outbox/src/deliver.test.ts', test)
const inTransport = (test: string) => killingTest('apps/web/src/todos/todo-transport.test.ts', test)

/** Whether what a person decided is sent until it is answered, under one key. */
export const sendingMutants: readonly Mutant[] = [
  {
    name: 'new-key-per-attempt',
    what: 'Each attempt goes out under a key of its own.',
    file: deliver,
    changes: [
      {
        from: `    const { key, intent, body, attempts } = entry
`,
        to: `    const { intent, body, attempts } = entry
    const key = crypto.randomUUID()
`,
      },
    ],
    killedBy: inOutbox('a lost answer is asked for again with the same key and the same bytes'),
  },
  {
    name: 'key-minted-in-the-call',
    what: 'The page mints the key where it sends, not where a person decided.',
    file: transport,
    changes: [
      {
        from: 'idempotencyKey: outgoing.key',
        to: 'idempotencyKey: mintKey(Date.now() + outgoing.attempts)',
      },
    ],
    killedBy: inTransport('a create is sent with its title and id, under its key'),
  },
  {
    name: 'dropped-on-abort',
    what: 'An attempt that was aborted is taken for a failure, and its intent is dropped.',
    file: deliver,
    changes: [
      {
        from: `  } catch (error) {
    // Aborted`,
        to: `  } catch (error) {
    if ((error as Error).name === 'AbortError') return { state: 'answered', answer: undefined }
    // Aborted`,
      },
    ],
    killedBy: inDeliver(
      'after an attempt that ended in AbortError the entry is still there, under the same key',
    ),
  },
  {
    name: 'no-answer-as-refusal',
    what: 'An answer that cannot be read counts as one, and the intent is given up.',
    file: transport,
    changes: [
      {
        from: 'if (refusal === undefined) throw error',
        to: "if (refusal === undefined) return { state: 'refused', refusal: { code: 'invalid_input', retry: 'never' } }",
      },
    ],
    killedBy: inTransport('no answer is thrown, so that it counts as unknown'),
  },
  {
    name: 'body-not-frozen',
    what: 'What is sent is made anew for each attempt, and may differ.',
    file: deliver,
    changes: [
      {
        from: `  if (head.body !== undefined) return { ...head, attempts }
`,
        to: '',
      },
    ],
    killedBy: inOutbox('a version once frozen is sent again, not taken anew'),
  },
  {
    name: 'a-new-key-every-time',
    what: 'On the advice of a new key one is minted without end, and no person is asked.',
    file: deliver,
    changes: [
      {
        from: `  if (entry.reminted) return askPerson(entry, refusal, delivery)
`,
        to: `  if (entry.attempts > 5) return askPerson(entry, refusal, delivery)
`,
      },
    ],
    killedBy: inOutbox(
      'on the advice of a new key it is minted once; the bytes stay; a second time a person is asked',
    ),
  },
]
