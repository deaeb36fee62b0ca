import type { Commands } from './command.ts'

/** All commands for operators, in the order of the help. */
export const commands = {
  serve: {
    group: 'Server',
    does: 'start the server and serve until a signal stops it',
    start: () => import('../main.ts'),
  },
  health: {
    group: 'Server',
    does: 'ask the running server of this machine whether it can write',
    details:
      'Exits with 0 or 1, for the health check of a container. PORT and HOST are those of the server.',
    options: {
      'same-release': { does: 'only if the server is of the release of this command' },
    },
    load: async () => (await import('../commands/health.ts')).health,
  },
  doctor: {
    group: 'Server',
    does: 'check what goes wrong in practice, and say what to do',
    details:
      'Machine, settings, data folder, database and proxy, one line a check. Exits with 1 if there is a\nproblem; a warning is none. The server may run, and nothing is changed.',
    start: async () => (await import('../doctor/doctor.ts')).doctor(),
  },
  migrate: {
    group: 'Server',
    does: 'create or update the tables',
    details: 'A start does the same; this is for a serving role without DDL privileges.',
    load: async () => (await import('../commands/migrate.ts')).migrateDatabase,
  },
  distribute: {
    group: 'Server',
    does: 'distribute the tables over several nodes, by owner',
    options: { plan: { does: 'only print the steps' } },
    details:
      'The database is PostgreSQL with Citus, see docs/beyond-one-machine.md. The server may run; restart it\nafterwards. Can be repeated.',
    load: async () => (await import('../commands/distribute.ts')).distribute,
  },
  upgrade: {
    group: 'Server',
    does: 'replace the release, and go back to the old one if the new one does not start',
    words: 'FOLDER',
    options: {
      link: { value: 'PATH', does: 'the link to the release that runs; default: /opt/idem' },
      restart: {
        value: 'COMMAND',
        does: 'restarts the server behind the link; default: systemctl restart idem',
      },
      backups: { value: 'FOLDER', does: 'the folder for the backup; default: the current one' },
      within: { value: 'SECONDS', does: 'how long a start may take; default: 60' },
      'no-way-back': { does: 'go on although the old release may not start again' },
    },
    details:
      'FOLDER is the bundle of the new release. Backs up, tries the backup, migrates, moves the link,\nrestarts, and waits until the new release is ready. Containers: deploy/upgrade.sh.',
    load: async () => (await import('../commands/upgrade/upgrade.ts')).upgrade,
  },
  version: {
    group: 'Server',
    does: 'print the release, if it accepts the settings',
    options: {
      json: { does: 'with what the data may require of it' },
      replaces: {
        value: 'JSON',
        does: 'fail if there is no way back to the release that printed JSON',
      },
    },
    load: async () => (await import('../commands/version.ts')).version,
  },
  backup: {
    group: 'Data',
    does: 'write everything to one new file',
    words: '[FILE]',
    options: {
      keep: {
        value: 'N',
        does: 'FILE is a folder: restore the backup once, then remove all but the N newest there',
      },
    },
    details: 'FILE is idem-DATE.backup in the current folder by default. The server may run.',
    load: async () => (await import('../commands/backup.ts')).backup,
  },
  restore: {
    group: 'Data',
    does: 'replace the data by those of a backup',
    words: 'FILE',
    details:
      'Stop the server first. An external database must be new. Begins a new ledger, see docs/operating.md.',
    load: async () => (await import('../commands/restore.ts')).restore,
  },
  reconcile: {
    group: 'Data',
    does: 'compare all keys with their effects',
    details: 'Exits with 0 if all three counts are zero. The server may run.',
    load: async () => (await import('../commands/reconcile.ts')).reconcileKeys,
  },
  'clean-keys': {
    group: 'Data',
    does: 'remove keys and deleted todos past their retention',
    details: 'The server does the same every ten minutes.',
    load: async () => (await import('../commands/clean-keys.ts')).cleanKeys,
  },
  invite: {
    group: 'Accounts',
    does: 'print a link for one more account',
    load: async () => (await import('../commands/accounts/invite.ts')).invite,
  },
  accounts: {
    group: 'Accounts',
    does: 'list the accounts',
    load: async () => (await import('../commands/accounts/accounts.ts')).accounts,
  },
  'reset-password': {
    group: 'Accounts',
    does: 'print a link for a new password',
    words: 'EMAIL',
    details: 'The link ends all sessions and API keys of the account once it is used.',
    load: async () => (await import('../commands/accounts/reset-password.ts')).resetPassword,
  },
  'reset-second-factor': {
    group: 'Accounts',
    does: 'remove the passkeys, app and recovery codes of an account',
    words: 'EMAIL',
    details: 'For a person who has lost all of them. It ends all sessions of the account.',
    load: async () =>
      (await import('../commands/accounts/reset-second-factor.ts')).resetSecondFactor,
  },
  sessions: {
    group: 'Accounts',
    does: 'list the sessions, or end those of an account',
    options: { end: { value: 'EMAIL', does: 'end the sessions of this account' } },
    load: async () => (await import('../commands/accounts/sessions.ts')).sessions,
  },
  'api-key': {
    group: 'Accounts',
    does: 'print a new API key, once',
    words: 'EMAIL NAME [DAYS]',
    details: 'The key expires after so many days, or never.',
    load: async () => (await import('../commands/accounts/api-key.ts')).apiKey,
  },
  'api-keys': {
    group: 'Accounts',
    does: 'list, revoke or confirm API keys',
    words: '[ID]',
    options: {
      revoke: { value: 'ID', does: 'end this key' },
      confirm: { does: 'allow the keys that a restore has disabled, or only that of ID' },
    },
    load: async () => (await import('../commands/accounts/api-keys.ts')).apiKeys,
  },
  export: {
    group: 'Accounts',
    does: 'write the todos of an account to a new file',
    words: 'EMAIL FILE',
    load: async () => (await import('../commands/accounts/export.ts')).exportTodos,
  },
  import: {
    group: 'Accounts',
    does: 'add the todos of such a file to an account',
    words: 'EMAIL FILE',
    load: async () => (await import('../commands/accounts/import.ts')).importTodosOfFile,
  },
  'delete-account': {
    group: 'Accounts',
    does: 'delete an account with its todos',
    words: 'EMAIL [FOLDER]',
    details:
      'FOLDER is that of the backups, by default the current one: a list there keeps a restore from bringing the account back.',
    load: async () => (await import('../commands/accounts/delete-account.ts')).deleteAccountOf,
  },
} as const satisfies Commands
