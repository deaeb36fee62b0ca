import { killingTest } from './killing-test.ts'
import type { Mutant } from './mutant.ts'

const group = 'packages/idempotency/src/group.ts'
const statements = 'packages/idempotency/src/group-statements.ts'
const inGroup = (test: string) => killingTest('packages/idempotency/src/group.test.ts', test)
const inInterleavings = (test: string) =>
  killingTest('packages/idempotency/src/interleavings.test.ts', test)

/** The same promise where many attempts share one statement. */
export const groupMutants: readonly Mutant[] = [
  {
    name: 'group-effect-without-claim',
    what: 'Every attempt of a group has its effect, whether it got its key or not.',
    file: statements,
    changes: [
      {
        from: 'select attempt.* from attempt join claimed using (owner_id, key)',
        to: 'select attempt.* from attempt',
      },
    ],
    killedBy: inGroup('a retry is answered from the record in the same statement'),
  },
  {
    name: 'group-claim-by-upsert',
    what: 'A group takes over the key that another one took while it waited.',
    file: statements,
    changes: [
      {
        from: `      on conflict do nothing
`,
        to: `      on conflict (owner_id, key) do update set answer = excluded.answer
`,
      },
    ],
    killedBy: inGroup(
      'a group that waited for a claim which was then committed does not take it over',
    ),
  },
  {
    name: 'group-key-without-owner',
    what: 'A group finds the record of a key whoever it belongs to.',
    file: statements,
    changes: [
      {
        from: 'where r.owner_id = a.owner_id and r.key = a.key limit 1',
        to: 'where r.key = a.key limit 1',
      },
    ],
    killedBy: inGroup('two owners may use the same key, at once and afterwards, and never meet'),
  },
  {
    name: 'group-jsonb-answer',
    what: 'A group stores its answers through jsonb, so a replay has other bytes.',
    file: statements,
    changes: [
      {
        from: 'select owner_id, key, $1, fingerprint, answer, clock_timestamp() from attempt',
        to: 'select owner_id, key, $1, fingerprint, answer::jsonb::text, clock_timestamp() from attempt',
      },
    ],
    killedBy: inGroup('a retry is answered from the record in the same statement'),
  },
  {
    name: 'key-twice-in-a-group',
    what: 'Two attempts with one key may be in one group, and both have the effect of its one claim.',
    file: group,
    changes: [{ from: 'takes(keys, owner, key) &&', to: '(takes(keys, owner, key) || true) &&' }],
    killedBy: inInterleavings('in '),
  },
  {
    name: 'id-twice-in-a-group',
    what: 'Two attempts that choose one id may be in one group.',
    file: group,
    changes: [
      {
        from: '(prepared.identity === undefined || takes(identities, owner, prepared.identity))',
        to: '(prepared.identity === undefined || takes(identities, owner, key))',
      },
    ],
    killedBy: inGroup('what two attempts of a group may not share is judged by the general form'),
  },
  {
    name: 'answers-before-commit',
    what: 'A group answers when it has sent its statement, not when that is committed.',
    file: group,
    changes: [
      {
        from: `    if (group.length === 0) return
`,
        to: `    if (group.length === 0) return
    for (const { settle, text } of group) settle({ kind: 'answer', text, replayed: false })
`,
      },
    ],
    killedBy: inGroup('a row that cannot be made fails alone'),
  },
  {
    name: 'group-in-doubt-as-failure',
    what: 'The members of a group whose answer was lost are told that it failed.',
    file: group,
    changes: [
      {
        from: "if (troubleOf(codeOf(error), true) === 'unknown') rest = 'in_doubt'",
        to: 'for (const member of group) member.fail(error)',
      },
    ],
    killedBy: inGroup(
      'a group whose answer was lost is settled one by one, and none is made twice',
    ),
  },
]
