import { killingTest } from '../killing-test.ts'
import type { Mutant } from '../mutant.ts'

const outbox = 'packages/outbox/src'
const attempt = `${outbox}/sending/attempt.ts`
const schedule = `${outbox}/sending/schedule.ts`
const store = `${outbox}/storage/store.ts`
const transport = 'apps/web/src/todos/sending/todo-transport.ts'
const inOutbox = (test: string, file = 'create-outbox') =>
  killingTest(`${outbox}/${file}.test.ts`, test)
const inBlocked = (test: string) => inOutbox(test, 'blocked-storage')
const inDeliver = (test: string) => inOutbox(test, 'sending/deliver')
const inTransport = (test: string) =>
  killingTest('apps/web/src/todos/sending/todo-transport.test.ts', test)

/** Whether a person's decision is sent until it is answered, under one key. */
export const sendingMutants: readonly Mutant[] = [
  {
    name: 'new-key-per-attempt',
    fault: 'Each attempt has a key of its own.',
    file: attempt,
    changes: [
      {
        from: 'await transport.send(entry, signal)',
        to: 'await transport.send({ ...entry, key: entry.key + entry.attempts }, signal)',
      },
    ],
    killedBy: inOutbox('after a lost answer the same key and the same bytes are sent again'),
  },
  {
    name: 'key-minted-in-the-call',
    fault: 'The page mints the key where it sends, not where a person decided.',
    file: transport,
    changes: [
      {
        from: 'idempotencyKey: outgoing.key',
        to: 'idempotencyKey: mintKey(Date.now() + outgoing.attempts)',
      },
    ],
    killedBy: inTransport('a create is sent with its title, id and key'),
  },
  {
    name: 'dropped-on-abort',
    fault: 'An aborted attempt counts as a failure, and its intent is dropped.',
    file: attempt,
    changes: [
      {
        from: `  } catch (error) {
    const refusal = `,
        to: `  } catch (error) {
    if ((error as Error).name === 'AbortError') return (now) => ({ ...now, end: 'no effect' })
    const refusal = `,
      },
    ],
    killedBy: inDeliver(
      'after an attempt that ended in AbortError the entry is still there, under the same key',
    ),
  },
  {
    name: 'no-answer-as-refusal',
    fault: 'An error that nobody understood counts as a refusal, and the intent ends.',
    file: `${outbox}/repeat/refusal-of.ts`,
    changes: [{ from: '/^4(?!01|08|25|29)..$/', to: '/^4/' }],
    killedBy: inOutbox('an unmarked 401 is unknown', 'refusals'),
  },
  {
    name: 'refusals-need-configuration',
    fault: 'Without `refusalOf` no error is a refusal, and a refused intent is sent for ever.',
    file: attempt,
    changes: [{ from: '      : refusalOf(error, entry)', to: '      : undefined' }],
    killedBy: inOutbox('a refusal of the server is read without configuration', 'refusals'),
  },
  {
    name: 'body-not-frozen',
    fault: 'The body is built again for each attempt, and may differ.',
    file: store,
    changes: [
      { from: '      if (seen?.body && seen.isUnknown) return again(seen)\n', to: '' },
      {
        from: 'const begun = head.body\n          ?',
        to: "const begun = head.body === ''\n          ?",
      },
    ],
    killedBy: inOutbox('a frozen version is sent again, not replaced'),
  },
  {
    name: 'a-new-key-every-time',
    fault: 'On the advice of a new key one is minted without end, and no person is asked.',
    file: attempt,
    changes: [
      {
        from: 'if (entry.reminted) return',
        to: 'if (entry.attempts > 5) return',
      },
    ],
    killedBy: inOutbox(
      'on the advice of the server a new key is minted once, for the same bytes; the second time a person is asked',
    ),
  },
  {
    name: 'new-key-after-no-answer',
    fault: 'An attempt without an answer gets its intent another key, and both may have an effect.',
    file: attempt,
    changes: [
      {
        from: 'refusal && (await refused(entry, refusal, attempts))',
        to: "await refused(entry, refusal ?? { retry: 'new_key' }, attempts)",
      },
    ],
    killedBy: inOutbox('in 2000 interleavings of two tabs', 'interleavings'),
  },
  {
    name: 'late-refusal-replaces-the-key',
    fault: 'A second tab, late with the refusal of an old key, replaces the new one.',
    file: `${outbox}/entry.ts`,
    changes: [{ from: '    now.key === then.key &&\n', to: '' }],
    killedBy: inOutbox('a second tab, late with the same advice, does not replace the new key'),
  },
  {
    name: 'given-back-and-sent',
    fault: 'Text that was given back, although it was written, is sent when the storage is back.',
    file: `${outbox}/create-outbox.ts`,
    changes: [{ from: 'if (found === null) givenBack.add(entry.id)', to: '' }],
    killedBy: inOutbox(
      'an intent that was given back although it was written is not sent',
      'given-back',
    ),
  },
  {
    name: 'subscriber-stops-the-outbox',
    fault: 'A subscriber that throws keeps an intent from being stored or sent.',
    file: `${outbox}/snapshot/snapshot-store.ts`,
    changes: [{ from: 'reportError(error)', to: 'throw error' }],
    killedBy: inOutbox('a subscriber that throws keeps no intent', 'subscribers'),
  },
  {
    name: 'no-body-for-ever',
    fault: 'An intent without a body is written again without end, and never sent.',
    file: `${outbox}/sending/deliver.ts`,
    changes: [{ from: " ?? 'null'", to: ' as string' }],
    killedBy: inOutbox('an intent without a body is sent as null', 'hot-loop'),
  },
  {
    name: 'unknown-intent-is-sent',
    fault: 'An intent of the next release is sent by a page that does not know it.',
    file: `${outbox}/storage/rows.ts`,
    changes: [
      {
        from: 'if (known && (transport.accepts?.(known.intent) ?? true)) return known',
        to: 'if (known) return known',
      },
    ],
    killedBy: inOutbox('an intent of the next release is not touched', 'two-releases'),
  },
  {
    name: 'sent-intent-is-migrated',
    fault: 'An intent that was sent already is changed to the shape of this release.',
    file: `${outbox}/storage/rows.ts`,
    changes: [
      {
        from: 'if (entry.body !== undefined || !transport.migrate)',
        to: 'if (!transport.migrate)',
      },
    ],
    killedBy: inOutbox(
      'an entry is migrated to this release only before its first sending',
      'two-releases',
    ),
  },
  {
    name: 'unreadable-answer-ends-the-intent',
    fault: 'An answer that the page cannot read counts, and the intent is gone.',
    file: attempt,
    changes: [{ from: 'if (!isReadable) throw', to: 'if (isReadable === undefined) throw' }],
    killedBy: inOutbox('an unreadable answer counts as none', 'two-releases'),
  },
  {
    name: 'new-member-makes-an-answer-unreadable',
    fault:
      'A member that the next release adds to the answer of a delete lets an old page send it for ever.',
    file: 'apps/web/src/todos/sending/intent.ts',
    changes: [{ from: "!('version' in answer)", to: "Object.keys(answer).join() === 'id'" }],
    killedBy: inTransport('an answer with additional members is accepted'),
  },
  {
    name: 'unknown-operation-counts-as-answered',
    fault:
      'A switch over the operations falls through, and an unknown operation counts as settled.',
    file: transport,
    changes: [
      {
        from: `      return client.updateTodo.mutate(input, { signal })
  }
  return never(intent)`,
        to: `      return client.updateTodo.mutate(input, { signal })
  }
  return Promise.resolve(undefined as never)`,
      },
    ],
    killedBy: inTransport('an intent of the next release is neither accepted nor answered'),
  },
  {
    name: 'waits-by-the-device-clock',
    fault: 'A wait ends by the clock of the device, even after a change of the clock.',
    file: schedule,
    changes: [
      {
        from: 'const remainingMs = Math.min(Math.max(retryAt - now(), 0), waitMs) || 0',
        to: 'const remainingMs = retryAt - now() + 0 * waitMs',
      },
    ],
    killedBy: inOutbox('a clock set back by -3600000 ms does not stretch a wait', 'clocks'),
  },
  {
    name: 'every-wait-is-woken',
    fault: 'A wake-up ends the waits that begin after it as well.',
    file: schedule,
    changes: [{ from: 'const isOver = isFirstOffer && !named', to: 'const isOver = !named' }],
    killedBy: inOutbox('a clock set by -3600000 ms while the network is away', 'clocks'),
  },
  {
    name: 'repetition-needs-a-write',
    fault: 'A frozen entry is sent again only after a write to the storage.',
    file: store,
    changes: [{ from: '      if (seen?.body && seen.isUnknown) return again(seen)\n', to: '' }],
    killedBy: inOutbox('on a full disk a frozen entry is sent again', 'full-storage'),
  },
  {
    name: 'cleared-storage-is-believed',
    fault: 'Entries in a page are dropped when its storage was cleared.',
    file: `${outbox}/snapshot/snapshot-sync.ts`,
    changes: [
      { from: 'if (lost !== undefined) {', to: 'if (lost !== undefined && lost === null) {' },
    ],
    killedBy: inOutbox('entries in memory are written back', 'cleared-storage'),
  },
  {
    name: 'opening-again-without-a-limit',
    fault: 'A page waits without end for a database that another page holds while it is deleted.',
    file: `${outbox}/storage/storage-or-memory.ts`,
    changes: [
      { from: 'later(openMs, resolve)', to: 'if (storage !== memory) later(openMs, resolve)' },
    ],
    killedBy: inBlocked('an entry that is added while a foreign page holds the deleted database'),
  },
  {
    name: 'late-storage-is-not-noticed',
    fault: 'Entries in memory are not stored when the storage opens late.',
    file: `${outbox}/storage/storage-or-memory.ts`,
    changes: [{ from: 'wasOpen = true\n    onChange()', to: 'wasOpen = true' }],
    killedBy: inBlocked('when the database can be opened again, the entries in memory'),
  },
  {
    name: 'refused-storage-is-left-for-long',
    fault: 'After its storage was cleared a page keeps entries in memory only, for half a minute.',
    file: `${outbox}/storage/storage-or-memory.ts`,
    changes: [{ from: 'if (wasOpen) later(reopenMs, lost)', to: '' }],
    killedBy: inBlocked('a database that the browser refuses to open again'),
  },
  {
    name: 'added-before-what-is-written-back',
    fault:
      'A change that is added after the storage was lost is sent before an earlier one of its todo.',
    file: store,
    changes: [
      {
        from: 'if (read && read !== incarnation) return undefined',
        to: 'if (read === "") return undefined',
      },
    ],
    killedBy: inBlocked('when the database can be opened again, the entries in memory'),
  },
  {
    name: 'ended-in-memory-and-sent-again',
    fault:
      'An entry that was answered or discarded in memory is sent again from the storage that is back.',
    file: store,
    changes: [
      {
        from: 'for (const ending of history) await endAgain(tables, ending)',
        to: 'for (const ending of history) void endAgain',
      },
    ],
    killedBy: inBlocked('an entry that was discarded in memory stays discarded'),
  },
  {
    name: 'discarded-without-cancelling',
    fault: 'An entry that may have arrived is dropped when a person discards it.',
    file: `${outbox}/storage/discarded-entry.ts`,
    changes: [
      {
        from: 'if (body === undefined || !canCancel) return',
        to: 'if (canCancel) return',
      },
    ],
    killedBy: inOutbox('a discarded entry that is unknown is cancelled by its key', 'discard'),
  },
  {
    name: 'unknown-is-reported-as-discarded',
    fault: 'An entry that may have taken effect ends as discarded, without an effect.',
    file: `${outbox}/not-answered-error.ts`,
    changes: [{ from: 'ending && !ending.isUnknown ?', to: 'ending ?' }],
    killedBy: inOutbox('without `cancel`, a discard says', 'discard'),
  },
  {
    name: 'proxy-refuses-an-unknown-intent',
    fault: 'A 403 of a proxy ends an intent whose lost answer was a success.',
    file: `${outbox}/repeat/refusal-of.ts`,
    changes: [{ from: 'if (isUnknown || !refused', to: 'if (!refused' }],
    killedBy: inOutbox(
      'after an attempt without an answer the status 403 of a proxy refuses nothing',
      'refusals',
    ),
  },
  {
    name: 'expired-key-proves-no-effect',
    fault: 'An expired key counts as proof that the attempt without an answer had no effect.',
    file: attempt,
    changes: [{ from: "refusal.retry === 'never' && refusal.code", to: 'refusal.code' }],
    killedBy: inOutbox('after an attempt without an answer and an expired key', 'discard'),
  },
  {
    name: 'attempt-of-a-dead-page-is-forgotten',
    fault: 'An attempt that a page did not survive counts as none.',
    file: store,
    changes: [{ from: "isUnknown: 'body' in begun", to: 'isUnknown: begun.isUnknown' }],
    killedBy: inOutbox('an attempt that a page does not survive is unknown', 'discard'),
  },
  {
    name: 'nothing-is-sent-as-null',
    fault: 'A submission without an intent is sent as null.',
    file: `${outbox}/create-outbox.ts`,
    changes: [{ from: "if (!('intent' in submission)) {", to: 'if (key === "") {' }],
    killedBy: inOutbox('a submission without a member', 'answers'),
  },
  {
    name: 'discarded-but-still-sent',
    fault: 'A discarded intent is sent again, in place of cancelling its key.',
    file: attempt,
    changes: [
      {
        from: '  if (entry.isDiscarding) {\n    if',
        to: '  if (entry.isDiscarding && entry.body === "") {\n    if',
      },
    ],
    killedBy: inOutbox('a discarded entry that is unknown is cancelled by its key', 'discard'),
  },
  {
    name: 'everything-read-after-each-delivery',
    fault: 'After each answer all entries are read again.',
    file: `${outbox}/snapshot/snapshot-sync.ts`,
    changes: [
      {
        from: "if (orderingKey === undefined || stale === 'everything') stale = 'everything'",
        to: "if (orderingKey !== '') stale = 'everything'",
      },
    ],
    killedBy: inOutbox('with 200 entries each delivery reads the rows', 'reads'),
  },
  {
    name: 'ended-entry-is-forgotten',
    fault: 'Text that another tab has sent already is given back.',
    file: `${outbox}/storage/history.ts`,
    changes: [
      { from: 'return (await readList(tables, endedNote)).includes(id)', to: 'return id === ""' },
    ],
    killedBy: inOutbox(
      'a write that was cut off but committed, and sent by another tab before this one reads it',
      'two-tabs',
    ),
  },
  {
    name: 'sent-as-another-account',
    fault: 'Entries of one account are sent as another.',
    file: `${outbox}/storage/rows.ts`,
    changes: [{ from: 'if (entry.account !== account) {', to: "if (account === '?') {" }],
    killedBy: inOutbox('an entry of another account is neither sent nor cancelled', 'accounts'),
  },
  {
    name: 'unknown-is-sent-after-a-restore',
    fault: 'After a restore unknown entries are sent again without a decision.',
    file: `${outbox}/storage/ledger-epoch.ts`,
    changes: [
      { from: '  if (before !== undefined) await askAboutUnknown(tables, reader)\n', to: '' },
      { from: 'async function askAboutUnknown(', to: 'async function _unused(' },
    ],
    killedBy: inOutbox('a page that is loaded after the restore asks', 'restored-server'),
  },
  {
    name: 'answer-of-another-operation',
    fault: 'The promise of an answer resolves with the latest answer, even to another intent.',
    file: `${outbox}/answers.ts`,
    changes: [{ from: 'history.find((each) => each.id === id)', to: 'history.at(-1)' }],
    killedBy: inOutbox(
      'two entries of one ordering key that another tab sent get each their own answer',
      'answers',
    ),
  },
  {
    name: 'ignored-answer-is-unhandled',
    fault: 'An answer without a listener becomes an unhandled rejection.',
    file: `${outbox}/answers.ts`,
    changes: [{ from: 'return ignorable(one.promise)', to: 'return one.promise' }],
    killedBy: inOutbox('a rejected answer without a listener is no unhandled rejection', 'answers'),
  },
  {
    name: 'history-of-every-account',
    fault: 'The history of one account is shown to another.',
    file: `${outbox}/storage/rows.ts`,
    changes: [{ from: '      row.account === account &&\n', to: '' }],
    killedBy: inOutbox('the history of one account is not shown to another', 'history'),
  },
  {
    name: 'memory-looks-like-the-device',
    fault: 'Entries in memory are not written back when the storage can be opened.',
    file: `${outbox}/snapshot/snapshot-store.ts`,
    changes: [
      {
        from: 'known && known !== reading.incarnation',
        to: "known && known !== 'memory' && known !== reading.incarnation",
      },
    ],
    killedBy: inOutbox('an entry in memory is written to a database', 'no-storage'),
  },
  {
    name: 'ids-fall-with-the-clock',
    fault: 'A new reading of the clock that is a little behind puts a new todo below older ones.',
    file: 'apps/web/src/todos/sending/mint-id.ts',
    changes: [
      { from: 'isSmallStepBack ? lastMs + 1 : given', to: 'given + 0 * Number(isSmallStepBack)' },
    ],
    killedBy: killingTest(
      'apps/web/src/todos/sending/mint-id.test.ts',
      'ids are monotonic when a refreshed clock steps back a little',
    ),
  },
]
