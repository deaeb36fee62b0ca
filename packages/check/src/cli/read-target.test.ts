import { expect, test } from 'vitest'
import { readCommand } from './read-target.ts'

const loopback = 'http://localhost:4000/orders'

function targetOf(...args: string[]) {
  const command = readCommand(args)
  if (command.kind === 'help') throw new Error('Expected a target.')
  return command.target
}

test('another host is refused until the person names it as theirs', () => {
  const url = 'https://shop.example/orders'
  expect(() => targetOf(url)).toThrow('--i-own-this shop.example')
  expect(() => targetOf(loopback, '--also', url)).toThrow('--i-own-this shop.example')
  expect(targetOf(url, '--i-own-this', 'shop.example').url.host).toBe('shop.example')
})

test.for(['http://127.0.0.1.evil.example/', 'http://localhost.evil.example/', 'http://10.0.0.1/'])(
  '%s is not this machine',
  (url) => {
    expect(() => targetOf(url)).toThrow('is not this machine')
  },
)

test('a method that deletes is refused', () => {
  expect(() => targetOf(loopback, '--method', 'DELETE')).toThrow('POST, PUT or PATCH')
  expect(() => targetOf(loopback, '--other-method', 'DELETE')).toThrow('POST, PUT or PATCH')
})

test.for([
  [[], 'the URL of one endpoint'],
  [['ftp://localhost/'], 'a URL with http'],
  [[loopback, '--profile', 'rfc'], '--profile takes ietf'],
  [[loopback, '--header', 'no colon'], "'Name: value'"],
  [[loopback, '--count', '/orders'], 'GET:/path#pointer'],
  [[loopback, '--rate', '0'], 'greater than 0'],
  [[loopback, '--no-such'], '--no-such'],
] as const)('%j is a wrong use, with a sentence', ([args, sentence]) => {
  expect(() => targetOf(...args)).toThrow(sentence)
})

test('a tRPC mutation has its key in the input', () => {
  expect(targetOf(loopback, '--trpc').keyIn).toEqual({ in: 'body', pointer: ['idempotencyKey'] })
  const nested = targetOf(loopback, '--trpc', '--key-in', 'body#/json/idempotencyKey')
  expect(nested.keyIn).toEqual({ in: 'body', pointer: ['json', 'idempotencyKey'] })
})

test('the headers of another user replace those of the first', () => {
  const first = ['--header', 'Authorization: a', '--header', 'X-Shop: 1']
  const { otherUser } = targetOf(loopback, ...first, '--as-other-user', 'authorization: b')
  expect(otherUser).toEqual([
    ['X-Shop', '1'],
    ['authorization', 'b'],
  ])
})
