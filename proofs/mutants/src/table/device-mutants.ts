import type { Mutant } from '../mutant.ts'

/** Whether a decision is sent until it is answered, under one key, and the page says what is true. */
export const deviceMutants: readonly Mutant[] = [
  {
    name: 'new-key-per-attempt',
    guarantee: 'one key per decision',
    fault: 'Each attempt has a key of its own.',
    file: 'packages/outbox/src/sending/attempt.ts',
    from: 'await transport.send(entry, signal)',
    to: 'await transport.send({ ...entry, key: entry.key + entry.attempts }, signal)',
    killedBy:
      'packages/outbox/src/create-outbox.test.ts > after a lost answer the same key and the same bytes are sent again',
  },
  {
    name: 'body-not-frozen',
    guarantee: 'one key per decision',
    fault: 'The body is built again for each attempt, and may differ.',
    file: 'packages/outbox/src/storage/store.ts',
    changes: [
      {
        from: `      if (seen?.body && seen.isUnknown) return again(seen)
`,
        to: '',
      },
      {
        from: `const begun = head.body
          ?`,
        to: `const begun = head.body === ''
          ?`,
      },
    ],
    killedBy:
      'packages/outbox/src/create-outbox.test.ts > a frozen version is sent again, not replaced',
  },
  {
    name: 'link-mints-per-attempt',
    guarantee: 'one key per decision',
    fault: 'The tRPC link gives each attempt of a call its own key.',
    file: 'packages/outbox/src/trpc/idempotency-link.ts',
    from: 'next({ ...op, input, signal })',
    to: 'next({ ...op, input: { ...input, key: mintKey() }, signal })',
    killedBy:
      'packages/outbox/src/trpc/idempotency-link.test.ts > httpLink: a call whose answer is lost twice',
  },
  {
    name: 'dropped-on-abort',
    guarantee: 'sent until answered',
    fault: 'An aborted attempt counts as a failure, and its intent is dropped.',
    file: 'packages/outbox/src/sending/attempt.ts',
    from: `  } catch (error) {
    const refusal = `,
    to: `  } catch (error) {
    if ((error as Error).name === 'AbortError') return (now) => ({ ...now, end: 'no effect' })
    const refusal = `,
    killedBy:
      'packages/outbox/src/sending/deliver.test.ts > after an attempt that ended in AbortError the entry is still there, under the same key',
  },
  {
    name: 'waits-on-after-an-answer',
    guarantee: 'sent until answered',
    fault: 'After an outage each intent waits for its own timer, although the server answers.',
    file: 'packages/outbox/src/sending/schedule.ts',
    from: 'endWaits(({ earliest }) => earliest)',
    to: 'endWaits(({ until }) => until)',
    killedBy:
      'packages/outbox/src/after-an-outage.test.ts > after an outage one answered attempt releases all intents that wait',
  },
  {
    name: 'nothing-is-sent-as-null',
    guarantee: 'sent until answered',
    fault: 'A submission without an intent is sent as null.',
    file: 'packages/outbox/src/create-outbox.ts',
    from: "if (!('intent' in submission)) {",
    to: 'if (addedAt < 0) {',
    killedBy: 'packages/outbox/src/answers.test.ts > a submission without a member',
  },
  {
    name: 'proxy-refuses-an-unknown-intent',
    guarantee: 'unknown on the device',
    fault: 'A 403 of a proxy ends an intent whose lost answer was a success.',
    file: 'packages/outbox/src/repeat/refusal-of.ts',
    from: 'if (isUnknown || !refused',
    to: 'if (!refused',
    killedBy:
      'packages/outbox/src/refusals.test.ts > after an attempt without an answer the status 403 of a proxy refuses nothing',
  },
  {
    name: 'new-key-after-no-answer',
    guarantee: 'unknown on the device',
    fault: 'An attempt without an answer gets its intent another key, and both may have an effect.',
    file: 'packages/outbox/src/sending/attempt.ts',
    from: 'refusal && (await refused(entry, refusal, attempts))',
    to: "await refused(entry, refusal ?? { retry: 'new_key' }, attempts)",
    killedBy: 'packages/outbox/src/interleavings.test.ts > in 1000 interleavings of two tabs',
  },
  {
    name: 'discarded-without-cancelling',
    guarantee: 'discard says the truth',
    fault: 'An entry that may have arrived is dropped when a person discards it.',
    file: 'packages/outbox/src/storage/step.ts',
    from: 'if (body === undefined || !canCancel) return',
    to: 'if (canCancel) return',
    killedBy:
      'packages/outbox/src/discard.test.ts > a discarded entry that is unknown is cancelled by its key',
  },
  {
    name: 'unknown-is-reported-as-discarded',
    guarantee: 'discard says the truth',
    fault: 'An entry that may have taken effect ends as discarded, without an effect.',
    file: 'packages/outbox/src/not-answered-error.ts',
    from: 'ending && !ending.isUnknown ?',
    to: 'ending ?',
    killedBy: 'packages/outbox/src/discard.test.ts > without `cancel`, a discard says',
  },
  {
    name: 'ended-entry-is-forgotten',
    guarantee: 'tabs agree',
    fault: 'Text that another tab has sent already is given back.',
    file: 'packages/outbox/src/storage/history.ts',
    from: 'return (await readList(tables, endedNote)).includes(id)',
    to: 'return id === ""',
    killedBy:
      'packages/outbox/src/two-tabs.test.ts > a write that was cut off but committed, and sent by another tab before this one reads it',
  },
  {
    name: 'opening-again-without-a-limit',
    guarantee: 'storage may fail',
    fault: 'A page waits without end for a database that another page holds while it is deleted.',
    file: 'packages/outbox/src/storage/storage-or-memory.ts',
    from: 'later(openMs, resolve)',
    to: 'if (storage !== memory) later(openMs, resolve)',
    killedBy:
      'packages/outbox/src/blocked-storage.test.ts > an entry that is added while a foreign page holds the deleted database',
  },
  {
    name: 'cleared-storage-is-believed',
    guarantee: 'storage may fail',
    fault: 'Entries in a page are dropped when its storage was cleared.',
    file: 'packages/outbox/src/snapshot/snapshot-sync.ts',
    from: 'if (lost !== undefined) {',
    to: 'if (lost !== undefined && lost === null) {',
    killedBy: 'packages/outbox/src/cleared-storage.test.ts > entries in memory are written back',
  },
  {
    name: 'memory-counts-as-stored',
    guarantee: 'storage may fail',
    fault: 'The page does not say that closing it loses what only it has.',
    file: 'apps/web/src/todos/status/status-text.ts',
    from: 'if (ready && !durable && entries',
    to: 'if (ready && durable && entries',
    killedBy:
      'apps/web/src/todos/status/status-text.test.ts > without storage the status says what closing the page loses',
  },
  {
    name: 'sent-as-another-account',
    guarantee: 'accounts apart',
    fault: 'Entries of one account are sent as another.',
    file: 'packages/outbox/src/storage/rows.ts',
    from: 'if (entry.account !== account) {',
    to: "if (account === '?') {",
    killedBy:
      'packages/outbox/src/accounts.test.ts > an entry of another account is neither sent nor cancelled',
  },
  {
    name: 'page-names-no-account',
    guarantee: 'accounts apart',
    fault:
      'A page does not say for which account it acts, so its calls count for whoever is signed in.',
    file: 'apps/web/src/todos/sending/create-todos.ts',
    from: "headers: { 'idem-account': account }",
    to: 'headers: {}',
    killedBy:
      'apps/web/src/todos/sending/create-todos.test.ts > every call of the page names its account',
  },
  {
    name: 'one-storage-for-all-accounts',
    guarantee: 'accounts apart',
    fault: 'The list, the drafts and the entries of one account are shown to the next one.',
    file: 'apps/web/src/account/outbox-name.ts',
    from: 'account === firstAccount ?',
    to: 'account !== "" ?',
    killedBy:
      'apps/web/src/account/outbox-name.test.ts > each account of an installation has its own storage',
  },
  {
    name: 'sign-out-throws-away',
    guarantee: 'accounts apart',
    fault: 'Signing out discards what a person wanted to keep.',
    file: 'apps/web/src/todos/account/sign-out.ts',
    from: "if (unsent === 'discard') {",
    to: 'if (unsent) {',
    killedBy:
      'apps/web/src/todos/account/sign-out.test.ts > changes kept at signing out are not discarded',
  },
  {
    name: 'sent-to-another-installation',
    guarantee: 'installations apart',
    fault: 'What waits for one installation is sent to another one at the same address.',
    file: 'apps/web/src/todos/sending/read-policy.ts',
    from: 'if (!isConfirmed) throw',
    to: 'if (askedAt < 0) throw',
    killedBy:
      'apps/web/src/todos/sending/todo-transport.test.ts > nothing is sent to or cancelled at another installation',
  },
  {
    name: 'one-storage-for-all-installations',
    guarantee: 'installations apart',
    fault: 'Two installations of one host show and send what was written for the other.',
    file: 'apps/web/src/account/installation-name.ts',
    from: 'return `todos $',
    to: 'return `todos` || `$',
    killedBy:
      'apps/web/src/account/outbox-name.test.ts > each account of an installation has its own storage',
  },
  {
    name: 'unknown-is-sent-after-a-restore',
    guarantee: 'after a restore',
    fault: 'After a restore unknown entries are sent again without a decision.',
    file: 'packages/outbox/src/storage/ledger-epoch.ts',
    changes: [
      {
        from: `  if (before !== undefined) await askAboutUnknown(tables, reader)
`,
        to: '',
      },
      { from: 'async function askAboutUnknown(', to: 'async function _unused(' },
    ],
    killedBy:
      'packages/outbox/src/restored-server.test.ts > a page that is loaded after the restore asks',
  },
  {
    name: 'lost-todo-is-shown-as-there',
    guarantee: 'after a restore',
    fault: 'A change of a todo that a restored server has lost can only be thrown away.',
    file: 'apps/web/src/todos/list/merge-optimistic.ts',
    from: 'if (todo === null && row === undefined)',
    to: 'if (todo === row && row !== undefined)',
    killedBy:
      'apps/web/src/todos/status/decision-text.test.ts > a change that a restore has lost with its todo',
  },
  {
    name: 'unknown-intent-is-sent',
    guarantee: 'two releases',
    fault: 'An intent of the next release is sent by a page that does not know it.',
    file: 'packages/outbox/src/storage/rows.ts',
    from: 'if (known && (transport.accepts?.(known.intent) ?? true)) return known',
    to: 'if (known) return known',
    killedBy:
      'packages/outbox/src/two-releases.test.ts > an intent of the next release is not touched',
  },
  {
    name: 'waits-by-the-device-clock',
    guarantee: 'any device clock',
    fault: 'A wait ends by the clock of the device, even after a change of the clock.',
    file: 'packages/outbox/src/sending/schedule.ts',
    from: 'const remainingMs = Math.min(Math.max(retryAt - now(), 0), waitMs) || 0',
    to: 'const remainingMs = retryAt - now() + 0 * waitMs',
    killedBy:
      'packages/outbox/src/clocks.test.ts > a clock set back by -3600000 ms does not stretch a wait',
  },
  {
    name: 'restore-made-what-it-found',
    guarantee: 'nothing overwritten',
    fault: 'After a restore of a todo that stood, an undo overwrites the text of another device.',
    file: 'apps/web/src/todos/operations/restore-todo.ts',
    from: 'isOwn: ({ undoes }) => undoes !== undefined',
    to: 'isOwn: () => true',
    killedBy:
      'apps/web/src/todos/operations/operations.test.ts > a restore that undoes no deletion of this browser',
  },
  {
    name: 'update-sends-the-whole-row',
    guarantee: 'nothing overwritten',
    fault: 'Completing a todo also sends its title, and overwrites that of another device.',
    file: 'apps/web/src/todos/operations/update-todo.ts',
    from: '{ id: intent.id, ...changed(intent) }',
    to: '{ id: intent.id, ...only(members, intent) }',
    killedBy:
      'apps/web/src/todos/operations/operations.test.ts > an update sends only what it changes',
  },
  {
    name: 'undo-on-the-latest-version',
    guarantee: 'nothing overwritten',
    fault:
      'An undo names the latest version that this browser knows, over the text of another device.',
    file: 'apps/web/src/todos/operations/versions.ts',
    from: ': known.since(intent)',
    to: ': (versionIn(known.predecessor) ?? known.since(intent))',
    killedBy:
      'apps/web/src/todos/two-devices.test.ts > two devices overwrite nothing of each other',
  },
  {
    name: 'current-todo-is-the-answer',
    guarantee: 'nothing overwritten',
    fault: 'An edit behind a create under a new key overwrites the change of another device.',
    file: 'apps/web/src/todos/sending/todo-transport.ts',
    from: 'if (answer.version < left)',
    to: 'if (answer.version > 0 || left)',
    killedBy:
      'apps/web/src/todos/two-devices.test.ts > two devices overwrite nothing of each other',
  },
  {
    name: 'merge-over-another-text',
    guarantee: 'nothing overwritten',
    fault: 'After a conflict a change is repeated, whatever the other device has changed.',
    file: 'apps/web/src/todos/operations/update-todo.ts',
    from: 'current[member] === base[member])',
    to: 'current[member] !== undefined)',
    killedBy:
      'apps/web/src/todos/two-devices.test.ts > two devices overwrite nothing of each other',
  },
  {
    name: 'edit-behind-a-merge',
    guarantee: 'nothing overwritten',
    fault:
      'An edit behind a merged change names its version, and overwrites what that was merged with.',
    file: 'apps/web/src/todos/operations/update-todo.ts',
    from: "merged(intent, predecessor) === 'ask'",
    to: 'intent.id === undefined',
    killedBy:
      'apps/web/src/todos/two-devices.test.ts > two devices overwrite nothing of each other',
  },
  {
    name: 'undone-by-both-tabs',
    guarantee: 'nothing overwritten',
    fault: 'A tab undoes what another tab has done since, which it does not show.',
    file: 'apps/web/src/todos/undo/history.ts',
    from: 'taken = top?.id === id ? top : undefined',
    to: 'taken = id === "" ? undefined : top',
    killedBy:
      'apps/web/src/todos/undo/history.test.ts > two tabs undo a step once, and none that the other has made since',
  },
  {
    name: 'undo-without-its-version',
    guarantee: 'nothing overwritten',
    fault: 'After a reload an undo does not know the version that its operation has left.',
    file: 'apps/web/src/todos/undo/history.ts',
    from: 'return isNew ? learnt : stacks',
    to: 'return isNew ? stacks : learnt',
    killedBy:
      'apps/web/src/todos/undo/history.test.ts > after a reload the steps are there, with the versions',
  },
  {
    name: 'merged-without-comparison',
    guarantee: 'one key per decision',
    fault: 'An intent that a person discarded goes on under another key.',
    file: 'packages/outbox/src/sending/attempt.ts',
    from: 'return ifSame(entry, { ...revised, isUnknown',
    to: 'return (now) => ({ ...now, ...revised, isUnknown',
    killedBy:
      'packages/outbox/src/revise.test.ts > an intent that a person discards while it is refused is not revised',
  },
  {
    name: 'worker-hides-another-server',
    guarantee: 'page is current',
    fault:
      'The service worker goes on serving the page of Idem when another server has its address.',
    file: 'apps/web/src/shell/service-worker.js',
    from: "(await whoAnswers()) !== 'another') return",
    to: "(await whoAnswers()) !== '') return",
    killedBy:
      'apps/web/src/shell/service-worker.test.ts > another server at this address is not hidden',
  },
  {
    name: 'worker-answers-for-the-api',
    guarantee: 'page is current',
    fault: 'The service worker answers requests of the API, so the page shows outdated data.',
    file: 'apps/web/src/shell/service-worker.js',
    from: 'url.pathname !== home && isFile(url.pathname)',
    to: 'true',
    killedBy:
      'apps/web/src/shell/service-worker.test.ts > a request of the API, a mutation and another site',
  },
  {
    name: 'page-of-another-release-is-kept',
    guarantee: 'page opens offline',
    fault:
      'During an upgrade a page is kept with the files of another release, and is blank offline.',
    file: 'apps/web/src/shell/service-worker.js',
    from: '...hash)) === files[path]',
    to: '...hash)) !== path',
    killedBy:
      'apps/web/src/shell/service-worker.test.ts > nothing is kept when an installation receives the page of another release',
  },
  {
    name: 'worker-removes-caches-of-others',
    guarantee: 'page opens offline',
    fault:
      'The worker of one installation removes the page of another one at the same host, which then does not open offline.',
    file: 'apps/web/src/shell/service-worker.js',
    from: 'const prefix = `idem-page $',
    to: 'const prefix = `idem-page ` || `$',
    killedBy:
      'apps/web/src/shell/service-worker.test.ts > the worker of an installation below a path leaves the rest of the host',
  },
]
