import { createElement, StrictMode } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, expect, test, vi } from 'vitest'
import { createFormIntent, type FormIntent } from './form-intent.ts'
import { render, sessionItems, sessionStorage } from './test-dom.ts'
import { useIntent } from './use-intent.ts'

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const noAnswer = () => Promise.reject(new TypeError('Failed to fetch'))
const withStatus = (status: number) => () =>
  Promise.reject(Object.assign(new Error('Refused.'), { status }))
const withData = (data: object) => () =>
  Promise.reject(Object.assign(new Error('Refused.'), { data }))

afterEach(() => {
  sessionItems.clear()
  vi.restoreAllMocks()
})

/** Passes on the intent that it gets. */
function Form({ name, onRender }: { name: string; onRender: (intent: FormIntent) => void }) {
  onRender(useIntent(name))
  return null
}

/** A form on a page; `again` renders it once more. */
async function form(name: string) {
  const seen: FormIntent[] = []
  const onRender = (intent: FormIntent) => seen.push(intent)
  const node = (of: string) =>
    createElement(StrictMode, null, createElement(Form, { name: of, onRender }))
  const page = await render(node(name))
  return {
    intent: () => seen.at(-1) as FormIntent,
    again: (of = name) => page.again(node(of)),
    [Symbol.asyncDispose]: () => page[Symbol.asyncDispose](),
  }
}

test('the key is the same for every rendering until the submission is answered', async () => {
  await using page = await form('comment')
  const { key } = page.intent()
  expect(key).toMatch(uuidV7)
  await page.again()
  expect(page.intent().key).toBe(key)
  page.intent().settled(key)
  expect(page.intent().key).not.toBe(key)
})

test('a double click sends the same key twice', async () => {
  await using page = await form('comment')
  const keys: string[] = []
  const send = async (key: string) => void keys.push(key)
  await Promise.all([page.intent().run(send), page.intent().run(send)])
  expect(keys).toHaveLength(2)
  expect(new Set(keys)).toHaveLength(1)
})

test('a key without an answer survives a reload, and an answered one does not', async () => {
  let key = ''
  {
    await using before = await form('comment')
    key = before.intent().key
    await expect(before.intent().run(noAnswer)).rejects.toThrow('Failed to fetch')
  }
  await using after = await form('comment')
  expect(after.intent().key).toBe(key)
  await after.intent().run(async () => 'saved')
  expect(createFormIntent('comment').key).not.toBe(key)
})

test('two forms have two keys, and so has a form that gets another name', async () => {
  await using page = await form('comment')
  const { key } = page.intent()
  await page.again('reply')
  expect(page.intent().key).not.toBe(key)
  await page.again('comment')
  expect(page.intent().key).toBe(key)
})

test.each([
  ['a lost connection', noAnswer],
  ['an error without a status', () => Promise.reject(new Error('A bug.'))],
  ['undefined', () => Promise.reject(undefined)],
  ['401', withStatus(401)],
  ['403', withStatus(403)],
  ['429', withStatus(429)],
  ['500', withStatus(500)],
  ['503', withStatus(503)],
  ['a tRPC error 401', withData({ httpStatus: 401 })],
  ['a refusal "same key"', withData({ httpStatus: 409, idem: { retry: 'same_key' } })],
])('%s keeps the key, for an attempt may have taken effect', async (_, send) => {
  const intent = createFormIntent('comment')
  const { key } = intent
  await intent.run(send).catch(() => undefined)
  expect(intent.key).toBe(key)
})

test.each([
  ['400', withStatus(400)],
  ['409', withStatus(409)],
  ['422', withStatus(422)],
  ['a tRPC error 404', withData({ httpStatus: 404 })],
  ['the refusal of a used key', withData({ httpStatus: 422, idem: { retry: 'never' } })],
  ['the refusal of an old key', withData({ idem: { retry: 'new_key' } })],
])('%s is an answer: the next submission gets another key', async (_, send) => {
  const intent = createFormIntent('comment')
  const { key } = intent
  await intent.run(send).catch(() => undefined)
  expect(intent.key).not.toBe(key)
})

test.each([
  ['a proxy', withStatus(404)],
  ['an application', withData({ httpStatus: 409 })],
])('after a submission without an answer a 4xx of %s keeps the key', async (_, refuse) => {
  const intent = createFormIntent('comment')
  const { key } = intent
  await intent.run(noAnswer).catch(() => undefined)
  await intent.run(refuse).catch(() => undefined)
  expect(intent.key).toBe(key)
  await intent
    .run(withData({ idem: { code: 'key_reused', retry: 'never' } }))
    .catch(() => undefined)
  expect(intent.key).not.toBe(key)
})

test('a key of the page before a reload may have been submitted, so a 404 keeps it', async () => {
  const { key } = createFormIntent('comment')
  const after = createFormIntent('comment')
  await after.run(withStatus(404)).catch(() => undefined)
  expect(after.key).toBe(key)
})

test('a late second answer does not end the next submission', () => {
  const intent = createFormIntent('comment')
  const first = intent.key
  intent.settled(first)
  const second = intent.key
  intent.settled(first)
  expect(intent.key).toBe(second)
})

test.each(['getItem', 'setItem'] as const)(
  'without a working %s the key lives as long as the page',
  (method) => {
    vi.spyOn(sessionStorage, method).mockImplementation(() => {
      throw new DOMException('No room.', 'QuotaExceededError')
    })
    const intent = createFormIntent('comment')
    const { key } = intent
    expect(intent.key).toBe(key)
    intent.settled(key)
    expect(intent.key).not.toBe(key)
  },
)

test('two forms of one name, of which the first is answered, share the next key', () => {
  const [one, other] = [createFormIntent('comment'), createFormIntent('comment')]
  const { key } = one
  expect(other.key).toBe(key)
  one.settled(key)
  expect(other.key).not.toBe(key)
  expect(one.key).toBe(other.key)
})

test('during server rendering no key is shared between two requests', () => {
  vi.stubGlobal('window', undefined)
  const keys: string[] = []
  const onRender = ({ key }: FormIntent) => keys.push(key)
  renderToString(createElement(Form, { name: 'comment', onRender }))
  renderToString(createElement(Form, { name: 'comment', onRender }))
  vi.unstubAllGlobals()
  expect(new Set(keys)).toHaveLength(2)
})
