import { killingTest } from '../killing-test.ts'
import type { Mutant } from '../mutant.ts'

const outbox = 'packages/outbox/src'
const link = `${outbox}/trpc/idempotency-link.ts`
const form = `${outbox}/react/form-intent.ts`
const inLink = (test: string) => killingTest(`${outbox}/trpc/idempotency-link.test.ts`, test)
const inForm = (test: string) => killingTest(`${outbox}/react/use-intent.test.ts`, test)
const inAction = (test: string) => killingTest(`${outbox}/next/use-idempotent-action.test.ts`, test)

/** Whether the calls and forms of another project are repeated, and under one key. */
export const callMutants: readonly Mutant[] = [
  {
    name: 'link-mints-per-attempt',
    fault: 'The tRPC link gives each attempt of a call its own key.',
    file: link,
    changes: [
      {
        from: 'next({ ...op, input, signal })',
        to: 'next({ ...op, input: { ...input, key: mintKey() }, signal })',
      },
    ],
    killedBy: inLink('httpLink: a call whose answer is lost twice'),
  },
  {
    name: 'link-mints-per-try-of-a-link-before',
    fault: 'A call that another link repeats gets a new key each time.',
    file: link,
    changes: [{ from: 'const key = keys.get(op) ??', to: 'const key =' }],
    killedBy: inLink('a call that a link before this one repeats keeps its key'),
  },
  {
    name: 'expired-key-is-replaced',
    fault:
      'A call that is a day old gets a new key, although its first attempt may have had its effect.',
    file: link,
    changes: [{ from: "return code === 'key_from_future'", to: 'return code !== undefined' }],
    killedBy: inLink('an expired key rejects'),
  },
  {
    name: 'call-given-up-after-three-attempts',
    fault:
      'A call without an answer fails after three attempts, although it may have had its effect.',
    file: `${outbox}/repeat/repeat.ts`,
    changes: [{ from: 'if (again?.isFailure) failures', to: 'if (again) failures' }],
    killedBy: killingTest(
      `${outbox}/repeat/repeat.test.ts`,
      'an attempt without an answer is repeated without a limit, with back-off',
    ),
  },
  {
    name: 'action-mints-per-submission',
    fault: 'Each click on a form with a server action is an intent of its own.',
    file: `${outbox}/next/key-field.ts`,
    changes: [
      { from: 'formData.set(fieldName, intent.key)', to: 'formData.set(fieldName, mintKey())' },
    ],
    killedBy: inAction('each submission of a form has the key of its intent until it is answered'),
  },
  {
    name: 'action-in-flight-is-answered',
    fault: 'A submission that finds another attempt in progress ends the key of its form.',
    file: `${outbox}/next/until-answered.ts`,
    changes: [{ from: "refusal?.retry === 'same_key' ? refusal : undefined", to: 'undefined' }],
    killedBy: inAction('another attempt in progress is no answer: the action is called again'),
  },
  {
    name: 'half-a-response-is-an-answer',
    fault: 'A response that breaks off is returned by fetch, and not repeated.',
    file: `${outbox}/fetch/idempotent-fetch.ts`,
    changes: [
      {
        from: 'await result.clone().text()',
        to: "result.ok ? '' : await result.clone().text()",
      },
    ],
    killedBy: killingTest(
      `${outbox}/fetch/idempotent-fetch.test.ts`,
      'a request whose answer is cut twice',
    ),
  },
  {
    name: 'unknown-ends-the-key-of-a-form',
    fault: 'A form gets a new key after a lost answer, and the second try is a second intent.',
    file: form,
    changes: [{ from: 'error !== undefined && !isDecided(error, key)', to: 'error === null' }],
    killedBy: inForm('a lost connection keeps the key'),
  },
  {
    name: 'form-forgets-an-unknown-key',
    fault: 'A form gets a new key after a 404 that follows a lost answer.',
    file: form,
    changes: [{ from: 'unknownKeys.has(key)', to: "key === ''" }],
    killedBy: inForm('after a submission without an answer a 4xx of a proxy keeps the key'),
  },
  {
    name: 'call-takes-a-proxy-for-the-server',
    fault: 'A call with a lost answer rejects with the 403 of a proxy.',
    file: `${outbox}/repeat/again-after.ts`,
    changes: [{ from: 'isUnknown && status < 500', to: 'isUnknown && status < 0' }],
    killedBy: inLink('after a lost answer a 4xx response of a proxy'),
  },
  {
    name: 'late-answer-ends-the-next-key',
    fault: 'The second answer of a double click ends the key of the next submission.',
    file: form,
    changes: [{ from: '      if (read() !== key) return\n', to: '' }],
    killedBy: inForm('a late second answer does not end the next submission'),
  },
  {
    name: 'mutation-waits-in-memory',
    fault: 'Offline, a mutation waits in TanStack Query and not on the device.',
    file: `${outbox}/tanstack-query/mutation-options.ts`,
    changes: [{ from: "networkMode: 'always'", to: "networkMode: 'online'" }],
    killedBy: killingTest(
      `${outbox}/tanstack-query/mutation-options.test.ts`,
      'offline a mutation is stored',
    ),
  },
]
