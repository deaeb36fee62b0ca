import type { Mutant } from '../mutant.ts'

/** Whether the server keeps todos, callers and releases apart, and starts, stops and restores without a loss. */
export const serverMutants: readonly Mutant[] = [
  {
    name: 'hard-delete',
    guarantee: 'deletion is final',
    fault: 'A deleted todo leaves no tombstone, so a late create can bring it back.',
    file: 'packages/todos/src/change-todo.ts',
    from: 'tx.todo.updateMany({ where: { ownerId, id, version: existing.version }, data })',
    to: 'tx.todo.deleteMany({ where: { ownerId, id, version: existing.version } })',
    killedBy:
      'packages/todos/src/todos.test.ts > a deleted todo stays as a tombstone with a raised version',
  },
  {
    name: 'update-of-any-version',
    guarantee: 'nothing overwritten',
    fault: 'An update overwrites any version.',
    file: 'packages/todos/src/rules/update-todo.ts',
    from: 'if (existing.version !== version) {',
    to: 'if (existing.version < version) {',
    killedBy:
      'packages/api/src/trpc/change-todo.test.ts > an update from another version is refused with the current todo, and overwrites nothing',
  },
  {
    name: 'import-changes-what-is-there',
    guarantee: 'nothing overwritten',
    fault: 'An import completes a todo of the account because the file has its id.',
    file: 'packages/operations/src/transfer/import-todos.ts',
    from: 'todo.completed && (isMissing || creator === key)',
    to: 'todo.completed',
    killedBy:
      'packages/operations/src/transfer/import-todos.test.ts > an import leaves a todo alone whose id exists, changed or deleted',
  },
  {
    name: 'read-without-owner',
    guarantee: 'owners never meet',
    fault: 'A todo is returned to any owner who knows its id.',
    file: 'packages/todos/src/get-todo.ts',
    from: 'where: { ownerId: owner, id, deletedAt: null }',
    to: "where: { id, deletedAt: owner === '' ? undefined : null }",
    killedBy:
      "packages/todos/src/todos.test.ts > another owner's todo looks like a missing one and stays unchanged",
  },
  {
    name: 'replay-without-authentication',
    guarantee: 'only who may',
    fault: 'A caller who knows a key gets its answer without authentication.',
    file: 'packages/api/src/http/admission.ts',
    changes: [
      {
        from: 'await contextOf(request)',
        to: "known.get(request.headers['idempotency-key']) ?? (await contextOf(request))",
      },
      {
        from: 'await handle.run(context)',
        to: "await handle.run(known.set(request.headers['idempotency-key'], context) && context)",
      },
      {
        from: 'type Arrived = {',
        to: `const known = new Map<unknown, Context>()

type Arrived = {`,
      },
    ],
    killedBy:
      'packages/api/src/rest/refusals.test.ts > the caller is identified before a key is claimed, for a retry as well',
  },
  {
    name: 'another-local-port',
    guarantee: 'only who may',
    fault: 'The page of any program on this machine may change things.',
    file: 'apps/server/src/http/http-guard.ts',
    changes: [
      { from: 'page.host ===', to: 'page.hostname ===' },
      { from: '?.host ||', to: '?.hostname ||' },
    ],
    killedBy:
      'apps/server/src/http/http-guard.test.ts > a page of "http://localhost:8080" may not send mutations to localhost:3000',
  },
  {
    name: 'change-by-cookie-alone',
    guarantee: 'only who may',
    fault: 'A change by cookie need not name its account, so a page of another site can make one.',
    file: 'apps/server/src/sign-in/caller-of.ts',
    changes: [{ from: 'account === undefined && changes(request)', to: 'account === null' }],
    killedBy:
      'apps/server/src/sign-in/caller-of.test.ts > a change with a cookie without the name of the account is refused',
  },
  {
    name: 'accepted-as-another-account',
    guarantee: 'owners never meet',
    fault: 'An entry of one account is sent as the one that is signed in.',
    file: 'apps/server/src/sign-in/caller-of.ts',
    changes: [
      { from: 'account !== undefined && account !== owner', to: 'account === owner.length' },
    ],
    killedBy:
      'apps/server/src/sign-in/caller-of.test.ts > a change with the name of another account is refused',
  },
  {
    name: 'any-port-of-the-public-name',
    guarantee: 'only who may',
    fault:
      'A page at another port of the public name can send mutations with the cookies of a person.',
    file: 'apps/server/src/http/http-guard.ts',
    from: 'return origin === publicOrigin ||',
    to: 'return webUrl(origin)?.hostname === new URL(publicOrigin).hostname ||',
    killedBy:
      'apps/server/src/http/http-guard.test.ts > with sign-in only pages of exactly the public origin may send mutations',
  },
  {
    name: 'proxied-as-this-machine',
    guarantee: 'only who may',
    fault: 'A request through a proxy counts as one of this machine.',
    file: 'apps/server/src/http/is-direct.ts',
    from: ' && !Object.keys(headers).some(isOfProxy)',
    to: '',
    killedBy:
      'apps/server/src/http/http-guard.test.ts > with sign-in a page that this machine opened at the address of the server may send mutations',
  },
  {
    name: 'unknown-address-is-answered-at-once',
    guarantee: 'only who may',
    fault: 'The time of an answer tells which e-mail addresses have an account.',
    file: 'packages/accounts/src/open-accounts.ts',
    from: 'await inTurn(() => verifyPassword({ hash, password }))',
    to: 'hash !== unknown && (await inTurn(() => verifyPassword({ hash, password })))',
    killedBy:
      'packages/accounts/src/open-accounts.test.ts > a wrong password takes as long for an unknown e-mail address as for a known one',
  },
  {
    name: 'session-in-plain-text',
    guarantee: 'only who may',
    fault: 'The table of sessions contains what signs in.',
    file: 'packages/accounts/src/credentials/hashed-session-tokens.ts',
    changes: [{ from: 'token: secretHash(token) },', to: 'token },' }],
    killedBy:
      'packages/accounts/src/open-accounts.test.ts > no table contains the cookie of a session, the token of a link or a password',
  },
  {
    name: 'refused-attempts-lock-the-account',
    guarantee: 'only who may',
    fault: 'One address that is refused uses up the attempts of everyone for an account.',
    file: 'packages/accounts/src/throttle.ts',
    from: ' where first.attempts <= $3 ',
    to: ' where $3::int > 0 ',
    killedBy:
      'packages/accounts/src/throttle.test.ts > an address that is refused does not use up the attempts of others for the account',
  },
  {
    name: 'unknown-links-hash-a-password',
    guarantee: 'only who may',
    fault: 'Attempts with unknown links take the turns of the people who sign in.',
    file: 'packages/accounts/src/open-accounts.ts',
    changes: [
      {
        from: '      await expectLink(query, token)\n      expectGoodPassword(password, email, name)',
        to: '      expectGoodPassword(password, email, name)',
      },
    ],
    killedBy:
      'packages/accounts/src/open-accounts.test.ts > attempts with unknown links take no turn of the people who sign in',
  },
  {
    name: 'ended-session-comes-back',
    guarantee: 'only who may',
    fault: 'A look-up that is on its way brings an ended session back into the cache.',
    file: 'packages/accounts/src/session/caller-lookup.ts',
    changes: [{ from: 'for (const batch of inProgress) batch.ended.add(hash)', to: '' }],
    killedBy:
      'packages/accounts/src/session/caller-lookup.test.ts > a session that ends is unknown at once, also to a look-up that is on its way',
  },
  {
    name: 'unused-session-begins-again',
    guarantee: 'only who may',
    fault: 'A session that ended without use begins again with the first attempt to use it.',
    file: 'packages/accounts/src/session/caller-lookup.ts',
    from: 'and expires_at > now() and ${',
    to: 'and ${',
    killedBy:
      'packages/accounts/src/session/caller-lookup.test.ts > a session ends after seven days without use, and after thirty days with it',
  },
  {
    name: 'common-password',
    guarantee: 'only who may',
    fault: 'A link for a new password sets one that many people have.',
    file: 'packages/accounts/src/open-accounts.ts',
    from: 'expectGoodPassword(password, ...(await expectLink(query, token)))',
    to: 'await expectLink(query, token)',
    killedBy:
      'packages/accounts/src/open-accounts.test.ts > a new password that many people have is refused, with the first link and with one for a new password',
  },
  {
    name: 'passkey-without-a-person',
    guarantee: 'only who may',
    fault: 'A passkey signs in although nobody gave a PIN, a finger or a face.',
    file: 'packages/accounts/src/second-factor/webauthn.ts',
    from: 'requireUserVerification: true',
    to: 'requireUserVerification: false',
    killedBy:
      'packages/accounts/src/second-factor/create-second-factor.test.ts > a passkey that was used without a PIN, a finger or a face is refused, at its registration too',
  },
  {
    name: 'code-used-twice',
    guarantee: 'only who may',
    fault: 'Two attempts at the same time sign in by one code of an app.',
    file: 'packages/accounts/src/second-factor/stored-factors.ts',
    from: 'where user_id = $1 and totp_step < $2 returning user_id',
    to: 'where user_id = $1 returning user_id',
    killedBy:
      'packages/accounts/src/second-factor/create-second-factor.test.ts > a code of the app signs in once, also among attempts at the same time, and needs the password before',
  },
  {
    name: 'password-alone-beside-a-second-factor',
    guarantee: 'only who may',
    fault: 'A session by the password alone stays good when the account gets a second factor.',
    file: 'packages/accounts/src/session/session-state.ts',
    from: '(select auth_session.second_factor from',
    to: '(select true from',
    killedBy:
      'packages/accounts/src/session/session-state.test.ts > a session is good for everything, for setting up a second factor, or for nothing, by its proof',
  },
  {
    name: 'required-factor-gone',
    guarantee: 'only who may',
    fault: 'A session goes on after two requests at once have removed both required factors.',
    file: 'packages/accounts/src/session/session-state.ts',
    from: '= auth_session.user_id), not',
    to: '= auth_session.user_id), auth_session.second_factor or not',
    killedBy:
      'packages/accounts/src/session/session-state.test.ts > a session is good for everything, for setting up a second factor, or for nothing, by its proof',
  },
  {
    name: 'step-under-another-text',
    guarantee: 'only who may',
    fault: 'A used challenge is good again with a character behind it that decoders skip.',
    file: 'packages/accounts/src/second-factor/seal.ts',
    changes: [{ from: "if (bytes.toString('base64url') !== sealed) return undefined", to: '' }],
    killedBy:
      'packages/accounts/src/second-factor/seal.test.ts > a sealed text opens for its purpose alone, unchanged alone, and with the secret before the last change',
  },
  {
    name: 'attempts-of-a-device-counted-apart',
    guarantee: 'only who may',
    fault: 'Each text behind the cookie of a known device gets five more guesses.',
    file: 'packages/accounts/src/open-accounts.ts',
    changes: [{ from: 'if (more.length > 0) return false', to: '' }],
    killedBy:
      'packages/accounts/src/open-accounts.test.ts > a device is known by its cookie as it was given, so an attempt cannot be made to count apart',
  },
  {
    name: 'session-by-the-password-before',
    guarantee: 'only who may',
    fault: 'An attempt with the old password, while a link sets a new one, gets a session.',
    file: 'packages/accounts/src/open-accounts.ts',
    from: 'if (same.length > 0) return',
    to: 'if (same.length >= 0) return',
    killedBy:
      'packages/accounts/src/open-accounts.test.ts > an attempt with the password of before, while a link sets a new one, gets no session',
  },
  {
    name: 'required-factor-skipped-by-a-key',
    guarantee: 'only who may',
    fault: 'An API key of an account without the required second factor is accepted.',
    file: 'packages/accounts/src/session/session-state.ts',
    from: 'return `(not ',
    to: 'return `(true or not ',
    killedBy:
      'packages/accounts/src/session/session-state.test.ts > an API key is accepted without a second factor of its account only where none is required',
  },
  {
    name: 'any-session-is-recent',
    guarantee: 'only who may',
    fault: 'A device that was left alone takes the account over without the password.',
    file: 'packages/accounts/src/own/own-session.ts',
    from: 'authenticated_at > now() - make_interval(mins => $2)',
    to: '$2::int > 0',
    killedBy:
      'apps/server/src/sign-in/account-actions.test.ts > whatever gives or takes access needs a password of the last five minutes, and is refused without a trace',
  },
  {
    name: 'session-of-another-account-ended',
    guarantee: 'owners never meet',
    fault: 'A person can end a session of another account by its id.',
    file: 'packages/accounts/src/own/own-account.ts',
    from: 'user_id = $1 and id = $2 and id <> $3',
    to: '$1::text is not null and id = $2 and id <> $3',
    killedBy:
      'apps/server/src/sign-in/account-actions.test.ts > a session or key of another account is answered as one that does not exist, and only the first account invites',
  },
  {
    name: 'accounts-unnoticed',
    guarantee: 'only who may',
    fault: 'An instance without sign-in serves the account that another instance has made.',
    file: 'apps/server/src/create-services.ts',
    from: 'if (isClosed || publicUrl !== undefined) return',
    to: 'if (publicUrl !== null) return',
    killedBy:
      'apps/server/src/create-services.test.ts > a server without sign-in refuses all calls once another process has made the first account',
  },
  {
    name: 'restored-api-keys-work',
    guarantee: 'only who may',
    fault: 'A restore brings back API keys that were revoked after the backup.',
    file: 'packages/database/src/backup/load-backup.ts',
    from: 'set disabled_at = now() where disabled_at is null',
    to: 'set disabled_at = now() where false',
    killedBy: 'packages/database/src/backup/backup.test.ts > a restore disables API keys',
  },
  {
    name: 'bare-mutation',
    guarantee: 'no mutation without a key',
    fault: 'A mutation can be written without a decision about repeated calls.',
    file: 'packages/api/src/trpc/procedures.ts',
    from: `    /** A read. */
`,
    to: `    mutation: builder,

    /** A read. */
`,
    killedBy:
      'packages/api/src/trpc/procedures.test.ts > a mutation cannot be written without a decision about repeated calls',
  },
  {
    name: 'no-fair-share',
    guarantee: 'no client slows another',
    fault: 'One caller may take all the room of a full class.',
    file: 'packages/api/src/http/admission.ts',
    from: 'Math.floor(limit / counts.callers(caller))',
    to: 'limit',
    killedBy:
      'packages/api/src/http/admission.test.ts > while a class is more than half full, each caller gets its share',
  },
  {
    name: 'refusals-without-a-pause',
    guarantee: 'no client slows another',
    fault: 'A caller that ignores its refusals takes the time of the processor from all others.',
    file: 'packages/api/src/http/admission.ts',
    from: 'if (!isServed(cost.kind, caller)) throw error',
    to: "if (isServed(cost.kind, caller) || caller !== '') throw error",
    killedBy:
      'packages/api/src/http/admission.test.ts > a caller that has its share is refused after a second, and one that has nothing at once',
  },
  {
    name: 'no-room-for-newcomers',
    guarantee: 'no client slows another',
    fault: 'One caller that floods the server keeps out every caller that holds nothing.',
    file: 'packages/api/src/http/admission.ts',
    from: 'const reserve = 1 / 8',
    to: 'const reserve = 0',
    killedBy:
      'packages/api/src/http/admission.test.ts > a caller that holds nothing is admitted beside one that has all the room',
  },
  {
    name: 'batch-never-split',
    guarantee: 'no client slows another',
    fault: 'When a batch fails, each of its members becomes a transaction of its own.',
    file: 'packages/idempotency/src/batch/batch.ts',
    from: 'if (splittable.has(failure) && members.length > 1) {',
    to: 'if (splittable.has(failure) && members.length > 1_000) {',
    killedBy:
      'packages/idempotency/src/batch/poison.test.ts > a row that cannot be inserted costs the 63 others no transaction of their own',
  },
  {
    name: 'pipelines-without-limit',
    guarantee: 'no client slows another',
    fault: 'All requests that one connection pipelines are in progress at once.',
    file: 'apps/server/src/http/pipelining.ts',
    from: "if (connection.state === 'idle') start()",
    to: 'if (socket.writable) start()',
    killedBy:
      'apps/server/src/http/pipelining.test.ts > a connection with fifty requests pipelined in one write has one in progress at a time, and all are answered',
  },
  {
    name: 'silent-connections-keep-others-out',
    guarantee: 'no client slows another',
    fault: 'As many connections as the server keeps open, without a request, keep all clients out.',
    file: 'apps/server/src/http/http-server.ts',
    from: 'const [oldest = socket] = silent',
    to: 'const oldest = socket',
    killedBy:
      'apps/server/src/http/http-server.test.ts > a connection beyond the limit takes the place of the oldest one that has sent no request',
  },
  {
    name: 'works-for-vanished-clients',
    guarantee: 'no work for nobody',
    fault: 'A request whose client has left while it waited is executed.',
    file: 'packages/idempotency/src/records/claim.ts',
    from: 'if (isAbandoned(attempt)) throw dropped()',
    to: 'void attempt',
    killedBy:
      'packages/idempotency/src/records/callers.test.ts > an attempt whose caller leaves while it waits for a connection',
  },
  {
    name: 'launcher-gives-up',
    guarantee: 'well again',
    fault: 'A restarted server that fails while its database is away ends the launcher.',
    file: 'scripts/processes/restart-on-crash.mjs',
    from: `|| variables === undefined
`,
    to: `|| !serves
`,
    killedBy:
      'scripts/processes/restart-on-crash.test.ts > a restarted server that exits before it serves is started again every twelve seconds',
  },
  {
    name: 'stored-status-ignored',
    guarantee: 'two releases',
    fault:
      'The status of a stored refusal follows from its code, which another release may not know.',
    file: 'packages/api/src/http/refused.ts',
    from: 'status: isError ? status :',
    to: 'status: isError && known ? status :',
    killedBy:
      'packages/api/src/replay-across-releases.test.ts > a stored refusal with an unknown code, and a status for which tRPC has no code',
  },
  {
    name: 'newer-database-refused',
    guarantee: 'two releases',
    fault: 'A server does not start when a newer release has migrated the database.',
    file: 'packages/database/src/migrations/migrate.ts',
    from: `  const invalid = await invalidIndexes(client)
`,
    to: `  const invalid = await invalidIndexes(client)
  if (log.size > migrations.length) throw new Error('The database is newer.')
`,
    killedBy:
      'packages/database/src/migrations/migrate.test.ts > a database migrated by a newer release is left unchanged',
  },
  {
    name: 'unknown-requirement-ignored',
    guarantee: 'two releases',
    fault: 'A server uses data whose rules only a newer release knows.',
    file: 'packages/idempotency/src/migrate/check-requirements.ts',
    from: 'if (unknown.length === 0) return',
    to: 'if (unknown.length < 9) return',
    killedBy:
      'packages/idempotency/src/migrate/migrate.test.ts > tables of a next release are not changed, unless they require something unknown',
  },
  {
    name: 'requests-queue-behind-a-migration',
    guarantee: 'upgrades in traffic',
    fault: 'A migration waits for its lock without a limit, and every request waits behind it.',
    file: 'packages/database/src/migrations/migrate.ts',
    from: "lock_timeout: '1s',",
    to: "lock_timeout: '59s',",
    killedBy:
      'packages/database/src/migrations/migrate.test.ts > a migration that waits for a table lock lets requests pass',
  },
  {
    name: 'attempts-queue-behind-an-upgrade',
    guarantee: 'upgrades in traffic',
    fault: 'An upgrade of the tables waits for a dump, and every attempt waits behind it.',
    file: 'packages/idempotency/src/migrate/migrate.ts',
    from: "lockTimeout: '500ms'",
    to: "lockTimeout: '60s'",
    killedBy:
      'packages/idempotency/src/migrate/migrate.test.ts > an upgrade that waits for a long reader lets attempts pass',
  },
  {
    name: 'any-postgres-is-ours',
    guarantee: 'a start says why not',
    fault: 'A PostgreSQL of another folder is adopted, and stopped in the end.',
    file: 'packages/embedded-postgres/src/server/process-state.ts',
    from: 'return there.ino === here.ino && there.dev === here.dev',
    to: 'return true',
    killedBy:
      'packages/embedded-postgres/src/server/process-state.test.ts > a PostgreSQL of another folder is not taken for one of this folder',
  },
  {
    name: 'waits-for-a-full-disk',
    guarantee: 'a start says why not',
    fault: 'A start on a full disk says nothing for a minute.',
    file: 'packages/embedded-postgres/src/data-dir/data-dir-lock.ts',
    from: "const diskFull = '53100'",
    to: "const diskFull = ''",
    killedBy:
      'packages/embedded-postgres/src/data-dir/data-dir-lock.test.ts > a database whose disk is full is reported at once, and one that recovers is waited for',
  },
  {
    name: 'restores-any-row',
    guarantee: 'backups are checked',
    fault: 'A crafted backup brings todos that the contract does not allow.',
    file: 'packages/database/src/backup/read-backup.ts',
    from: 'if (column !== undefined) throw',
    to: 'if (column === "") throw',
    killedBy:
      'packages/database/src/backup/read-backup.test.ts > a backup with an invalid row is refused, and its column is named',
  },
  {
    name: 'import-with-new-keys',
    guarantee: 'one key per decision',
    fault: 'Each import has keys of its own, so none continues one that was cut off.',
    file: 'packages/operations/src/transfer/import-todos.ts',
    from: 'settings.fileHash} ',
    to: 'crypto.randomUUID()} ',
    killedBy:
      'packages/operations/src/transfer/import-todos.test.ts > an import that was cut off is continued by the next one',
  },
  {
    name: 'import-with-new-ids',
    guarantee: 'deletion is final',
    fault: 'An import gives the todos new ids, so a later one brings them back or adds them again.',
    file: 'packages/operations/src/transfer/import-todos.ts',
    from: 'const input = { id, title }',
    to: 'const input = { id: crypto.randomUUID(), title: id && title }',
    killedBy:
      'packages/operations/src/transfer/import-todos.test.ts > an export has every todo but the deleted ones, and importing it twice adds nothing',
  },
  {
    name: 'deleted-owner-looked-at-once',
    guarantee: 'deleted accounts',
    fault: 'What a process commits late for a deleted account stays for ever.',
    file: 'packages/operations/src/maintenance/remove-deleted-owners.ts',
    from: 'where now() >= coalesce(checked_at + greatest(checked_at - deleted_at, least), deleted_at + least)',
    to: 'where checked_at is null and now() >= deleted_at + least',
    killedBy:
      'packages/operations/src/maintenance/remove-deleted-owners.test.ts > everything of a deleted account is removed, also what another process commits afterwards',
  },
  {
    name: 'restore-ignores-the-list-of-deleted-owners',
    guarantee: 'deleted accounts',
    fault: 'A restore brings accounts back that were deleted after the backup.',
    file: 'packages/database/src/backup/load-backup.ts',
    from: 'await client.query(recordDeletedOwners, [deletedOwners])',
    to: 'await client.query(recordDeletedOwners, [deletedOwners.slice(0, 0)])',
    killedBy:
      'packages/database/src/backup/backup.test.ts > accounts that were deleted before or after the backup are not restored',
  },
]
