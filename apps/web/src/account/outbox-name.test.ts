import { expect, test } from 'vitest'
import { outboxName } from './outbox-name.ts'

test('each installation at an address has its own storage, and finds it again', () => {
  const stored = new Map<string, string>()
  const memory = () => ({
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => void stored.set(name, value),
  })
  const names = ['a', 'b', 'a', 'b'].map((id) => outboxName(id, memory))
  expect(names).toEqual(['todos', 'todos b', 'todos', 'todos b'])
})

test('in development, and where the page may not store anything, there is one name', () => {
  const forbidden = () => {
    throw new DOMException('denied', 'SecurityError')
  }
  expect(outboxName(undefined)).toBe('todos')
  expect(outboxName('a', forbidden)).toBe('todos')
})
