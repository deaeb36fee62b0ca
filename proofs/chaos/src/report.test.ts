import { expect, test } from 'vitest'
import { expectNoViolation } from './report.ts'
import type { HistoryEvent } from './senders/history.ts'

test('a failed run prints its seed, the command to repeat it and the shortest history of a broken key', () => {
  const lost = (key: string): HistoryEvent[] => [
    { at: 1, sender: 1, key, operation: 'createTodo', input: key, happened: { kind: 'invoke' } },
    {
      at: 2,
      sender: 1,
      key,
      operation: 'createTodo',
      input: key,
      happened: { kind: 'ok', body: 'aa', id: `id of ${key}` },
    },
  ]
  const events = [...lost('long'), ...lost('long'), ...lost('short')]
  const run = { seed: 7, test: 'a test', evidence: { events, effects: [], records: [] } }
  expect(() => expectNoViolation(run)).toThrow(
    [
      '3 violations with seed 7.',
      'I1 short: todo id of short was acknowledged and made 0 times',
      'I1 long: todo id of long was acknowledged and made 0 times',
      'I1 long: todo id of long was acknowledged and made 0 times',
      'The smallest history:',
      '1 ms, sender 1: createTodo "short" {"kind":"invoke"}',
      '2 ms, sender 1: createTodo "short" {"kind":"ok","body":"aa","id":"id of short"}',
      "Again: IDEM_TEST_SEED=7 npx vitest run --project '@idem/chaos*' -t 'a test'",
    ].join('\n'),
  )
})
