import { expect, test } from 'vitest'
import { installationName, outboxName } from './outbox-name.ts'

test('each installation at an address has its own storage, and finds it again', () => {
  const stored = new Map<string, string>()
  const memory = () => ({
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => void stored.set(name, value),
  })
  const names = ['a', 'b', 'a', 'b'].map((id) => installationName(id, memory))
  expect(names).toEqual(['todos', 'todos b', 'todos', 'todos b'])
})

test('in development, and where the page may not store anything, there is one name', () => {
  const forbidden = () => {
    throw new DOMException('denied', 'SecurityError')
  }
  expect(installationName(undefined)).toBe('todos')
  expect(installationName('a', forbidden)).toBe('todos')
})

test('each account of an installation has its own storage, and the first one that of before sign-in', () => {
  const names = ['todos', 'todos b'].flatMap((installation) =>
    ['local', 'ann', 'bob'].map((account) => outboxName(account, installation)),
  )
  expect(new Set(names)).toHaveLength(6)
  expect(names[0]).toBe('todos')
})
