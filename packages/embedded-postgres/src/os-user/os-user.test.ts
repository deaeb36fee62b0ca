import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createSystemUser } from './os-user.ts'

/** An account file and a command that adds a user to it. */
async function world() {
  const folder = await mkdtemp(join(tmpdir(), 'idem-user-'))
  const accounts = join(folder, 'passwd')
  await writeFile(accounts, 'root:x:0:0:root:/root:/bin/sh\n')
  const line = 'idem:x:990:980::/home/idem:/sbin/nologin'
  return {
    accounts,
    addUser: ['sh', '-c', `echo '${line}' >> ${accounts}`],
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

test('the next command is tried after one that is missing or fails', async () => {
  await using it = await world()
  const commands = [['no-such-command'], ['false'], it.addUser]
  expect(await createSystemUser(it.accounts, commands)).toEqual({ uid: 990, gid: 980 })
})

test('a readable error names the alternatives when no command can create the user', async () => {
  await using it = await world()
  await expect(createSystemUser(it.accounts, [['no-such-command'], ['false']])).rejects.toThrow(
    'PostgreSQL does not run as root and needs a system user named "idem", but neither useradd nor adduser could create it; create that user, start as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own.',
  )
})
