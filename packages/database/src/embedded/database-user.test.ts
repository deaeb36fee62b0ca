import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createSystemUser } from './database-user.ts'

/** A list of accounts, and a way to add to it. */
async function world() {
  const folder = await mkdtemp(join(tmpdir(), 'idem-user-'))
  const accounts = join(folder, 'passwd')
  await writeFile(accounts, 'root:x:0:0:root:/root:/bin/sh\n')
  const line = 'idem:x:990:980::/home/idem:/sbin/nologin'
  return {
    accounts,
    adding: ['sh', '-c', `echo '${line}' >> ${accounts}`],
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

test('a command that is missing or fails is followed by the next', async () => {
  await using it = await world()
  const ways = [['no-such-command'], ['false'], it.adding]
  expect(await createSystemUser(it.accounts, ways)).toEqual({ uid: 990, gid: 980 })
})

test('where no command can make the user, a sentence says what else can be done', async () => {
  await using it = await world()
  await expect(createSystemUser(it.accounts, [['no-such-command'], ['false']])).rejects.toThrow(
    'PostgreSQL does not run as root and needs a system user named "idem", but neither useradd nor adduser could create it; create that user, start as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own.',
  )
})
