import { testAuthenticator } from '@idem/accounts/test-authenticator'
import { totpCode } from '@idem/accounts/totp'
import { signInVariables } from '@idem/test-support/accounts'
import { type ServerProcess, startServer } from '@idem/test-support/server-process'
import { v7 } from 'uuid'
import { expect, test, vi } from 'vitest'
import { citusCluster } from './citus-cluster.ts'

vi.setConfig({ testTimeout: 300_000 })

const origin = signInVariables.IDEM_PUBLIC_URL
const password = 'correct horse battery'

/** A browser, which keeps its cookies. */
function browserAt({ url, output }: ServerProcess) {
  const cookies = new Map<string, string>()
  let account = ''
  return {
    async act(action: string, body: object = {}, status = 200) {
      const response = await fetch(`${url}/api/auth/${action}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          cookie: [...cookies.values()].join('; '),
          ...(account === '' ? {} : { 'idem-account': account }),
        },
        body: JSON.stringify(body),
      })
      for (const each of response.headers.getSetCookie()) {
        const [pair = ''] = each.split(';', 1)
        cookies.set(pair.slice(0, pair.indexOf('=')), pair)
      }
      const text = await response.text()
      // The log is written behind the answer.
      if (response.status === 503) await vi.waitUntil(() => output().includes('sign-in failed'))
      const failures = output().match(/^.*sign-in failed.*$/gm) ?? []
      expect({ action, status: response.status, failures }).toEqual({
        action,
        status,
        failures: [],
      })
      const answer = text === '' ? {} : JSON.parse(text)
      account = answer.account ?? account
      return answer
    },
  }
}

test('accounts are made, sign in and are served through an entry that is not the coordinator', async () => {
  await using cluster = await citusCluster()
  await using server = await startServer({
    database: cluster.nodes[1],
    variables: { ...signInVariables, IDEM_LOG_LEVEL: 'error' },
  })
  const token = /#(\S+)/.exec(server.output())?.[1]
  const ann = browserAt(server)
  await ann.act('claim', { token, email: 'ann@todo.example', name: 'Ann', password })
  const { url } = await ann.act('create-invite')
  const invited = String(url).split('#')[1]
  const bob = browserAt(server)
  await bob.act('claim', { token: invited, email: 'bob@todo.example', name: 'Bob', password })

  const { key } = await bob.act('create-api-key', { name: 'script' })
  const create = () =>
    fetch(`${server.url}/api/trpc/createTodo`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ idempotencyKey, title: 'Milk' }),
    }).then(async (response) => [response.status, await response.text()])
  const idempotencyKey = v7()
  const made = await create()
  expect(made).toEqual([200, expect.stringContaining('Milk')])
  expect(await create()).toEqual(made)

  const { secret } = await ann.act('new-totp')
  const step = Math.floor(Date.now() / 30_000)
  const { recoveryCodes } = await ann.act('set-totp', { code: totpCode(secret, step) })
  expect(recoveryCodes).toHaveLength(10)
  await ann.act('sign-out', {}, 204)
  const credentials = { email: 'ann@todo.example', password }
  expect(await ann.act('sign-in', credentials)).toHaveProperty('secondFactor')
  await ann.act('sign-in-code', { code: recoveryCodes[0] })

  const passkey = testAuthenticator()
  const { challenge } = await ann.act('new-passkey-options')
  const response = passkey.create({ challenge, origin })
  await ann.act('add-passkey', { name: 'Laptop', response })
  await ann.act('rename-passkey', { id: passkey.id, name: 'Phone' }, 204)
  const asked = await ann.act('passkey-options')
  const proof = passkey.sign({ challenge: asked.challenge, origin })
  await ann.act('reauthenticate-passkey', { response: proof }, 204)
  await ann.act('change-password', { current: password, password: `${password} 2` }, 204)
  await ann.act('remove-passkey', { id: passkey.id }, 204)
  await bob.act('delete-account', {}, 204)
})
