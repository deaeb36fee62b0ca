import { expect, test } from 'vitest'
import { installationName } from './installation-name.ts'
import { outboxName } from './outbox-name.ts'

test('each account of an installation has its own storage, and the first one that of before sign-in', () => {
  const names = ['a', 'b'].flatMap((id) =>
    ['local', 'ann', 'bob'].map((account) => outboxName(account, installationName(id))),
  )
  expect(new Set(names)).toHaveLength(6)
  expect(names[0]).toBe(installationName('a'))
})
