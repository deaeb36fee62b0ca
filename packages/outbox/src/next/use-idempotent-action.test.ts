import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, expect, test, vi } from 'vitest'
import { createFormIntent } from '../react/form-intent.ts'
import { render, sessionItems } from '../react/test-dom.ts'
import { untilAnswered } from './until-answered.ts'
import { useIdempotentAction } from './use-idempotent-action.ts'

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

type State = { readonly title?: string; readonly refusal?: object }

// linkedom has no `form` of an input.
Object.defineProperty(window.HTMLInputElement.prototype, 'form', {
  get(this: HTMLInputElement) {
    return this.closest('form')
  },
})

afterEach(() => {
  sessionItems.clear()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

type Action = (state: State, form: FormData) => Promise<State>
type Props = { readonly name?: string; readonly action: Action; readonly state?: State }

/** A form that shows the state of its last submission. */
function PostForm({ name = 'post', action, state: initial = {} }: Props) {
  const [state, submit, , field] = useIdempotentAction(name, action, initial)
  return createElement('form', { action: submit }, [
    createElement('input', { key: 'field', ...field }),
    createElement('p', { key: 'title' }, state.title),
  ])
}

/** The data of a submission, as React reads them from the form. */
function submitted(): FormData {
  const form = document.querySelector('form')
  const formData = new FormData()
  formData.set('idempotencyKey', form?.querySelector('input')?.getAttribute('value') ?? '')
  form?.dispatchEvent(Object.assign(new window.Event('formdata'), { formData }))
  return formData
}

const keyOf = (form: FormData) => String(form.get('idempotencyKey'))
const saved = async (_: State, form: FormData): Promise<State> => ({ title: keyOf(form) })
const refusal = (retry: string) => ({
  message: 'Refused.',
  refusal: { code: 'some', retry, key: 'k' },
})
const withDigest = (digest: string) => Object.assign(new Error('Of the server.'), { digest })

test('each submission of a form has the key of its intent until it is answered', async () => {
  await using page = await render(createElement(PostForm, { action: saved }))
  const intent = createFormIntent('post')
  const key = keyOf(submitted())
  expect(key).toMatch(uuidV7)
  // A second click before the answer, and a submission after a reload.
  expect([keyOf(submitted()), intent.key]).toEqual([key, key])
  intent.settled(key)
  expect(keyOf(submitted())).not.toBe(key)
  expect(page.text()).toBe('')
})

test('a form that gets another name submits the key of that name', async () => {
  await using page = await render(createElement(PostForm, { action: saved }))
  await page.again(createElement(PostForm, { action: saved, name: 'reply' }))
  expect(keyOf(submitted())).toBe(createFormIntent('reply').key)
  expect([...sessionItems.keys()]).toEqual(['idem-intent-reply'])
})

/** An action in the browser, whose attempts end as listed, and the intent of its form. */
function browser(...ends: (State | Error)[]) {
  const intent = createFormIntent('post')
  const { key } = intent
  const keys: string[] = []
  const action = untilAnswered(async (_state: State, form: FormData): Promise<State> => {
    keys.push(keyOf(form))
    const end = ends.shift() ?? {}
    if (end instanceof Error) throw end
    return end
  }, intent)
  const form = new FormData()
  form.set('idempotencyKey', key)
  return { key, keys, isAnswered: () => intent.key !== key, submit: () => action({}, form) }
}

test.each<[string, State | Error]>([
  ['a lost connection', new TypeError('Failed to fetch')],
  ['a response of a proxy', new Error('An unexpected response was received from the server.')],
  ['another attempt in progress', refusal('same_key')],
])('%s is no answer: the action is called again under its key', async (_, end) => {
  vi.useFakeTimers()
  const { key, keys, submit, isAnswered } = browser(end, end, { title: 'milk' })
  const answer = submit()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(await answer).toEqual({ title: 'milk' })
  expect(keys).toEqual([key, key, key])
  expect(isAnswered()).toBe(true)
})

test.each<[string, State | Error]>([
  ['a state', { title: 'milk' }],
  ['the refusal of a used key', refusal('never')],
  ['the refusal of an old key', refusal('new_key')],
  ['a redirect', withDigest('NEXT_REDIRECT;push;/posts;307;')],
])('%s is an answer: the next submission gets another key', async (_, end) => {
  const { keys, submit, isAnswered } = browser(end)
  const [settled] = await Promise.allSettled([submit()])
  expect(settled).toMatchObject(end instanceof Error ? { reason: end } : { value: end })
  expect(keys).toHaveLength(1)
  expect(isAnswered()).toBe(true)
})

test.each([
  ['an error of the effect', withDigest('1234567')],
  ['a page that was not found', withDigest('NEXT_HTTP_ERROR_FALLBACK;404')],
])('%s rejects at once and keeps the key, which is free', async (_, error) => {
  const { keys, submit, isAnswered } = browser(error)
  await expect(submit()).rejects.toBe(error)
  expect(keys).toHaveLength(1)
  expect(isAnswered()).toBe(false)
})

test('a lost connection is repeated without a limit, and a third response of a proxy rejects', async () => {
  vi.useFakeTimers()
  const lost = Array.from({ length: 5 }, () => new TypeError('Failed to fetch'))
  const connection = browser(...lost, { title: 'milk' })
  const answer = connection.submit()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(await answer).toEqual({ title: 'milk' })

  const response = new Error('An unexpected response was received from the server.')
  const proxy = browser(response, response, response)
  const rejected = expect(proxy.submit()).rejects.toBe(response)
  await vi.advanceTimersByTimeAsync(60_000)
  await rejected
  expect(proxy.keys).toHaveLength(3)
  expect(proxy.isAnswered()).toBe(false)
})

test('a device whose clock is ahead learns the time from a refusal', async () => {
  const serverTime = '2026-02-03T04:05:06.000Z'
  const { submit } = browser({ refusal: { code: 'key_from_future', retry: 'new_key', serverTime } })
  await submit()
  const { key } = createFormIntent('post')
  const mintedAt = Number.parseInt(key.replace('-', '').slice(0, 12), 16)
  expect(Math.abs(mintedAt - Date.parse(serverTime))).toBeLessThan(60_000)
})

/** An action as React makes it for the server's rendering, which finds it by its identity. */
function serverReference(bound: readonly unknown[] = []): Action {
  const reference: Action = async (state) => state
  function expectItself(found: unknown): void {
    if (found !== reference) throw new Error('Called on another function.')
  }
  const members = {
    $$FORM_ACTION(this: unknown) {
      expectItself(this)
      const data = new FormData()
      data.set('$ACTION_1:0', JSON.stringify(bound))
      return { name: '$ACTION_REF_1', method: 'POST', encType: 'multipart/form-data', data }
    },
    bind(this: unknown, _: unknown, ...args: unknown[]) {
      expectItself(this)
      return serverReference([...bound, ...args])
    },
  }
  const descriptors = Object.entries(members).map(([name, value]) => [name, { value }])
  return Object.defineProperties(reference, Object.fromEntries(descriptors))
}

function rendered(props: Partial<Props> = {}): string {
  vi.stubGlobal('window', undefined)
  return renderToString(createElement(PostForm, { action: serverReference(), ...props }))
}

test('the server renders a form that works without JavaScript, with a key for each request', () => {
  const pages = [rendered(), rendered()]
  expect(pages[0]).toContain('method="POST"')
  expect(pages[0]).toContain('name="$ACTION_REF_1"')
  expect(pages[0]).toContain('name="$ACTION_KEY"')
  expect(new Set(pages.map(renderedKey))).toHaveLength(2)
  expect(renderedKey(pages[0])).toMatch(uuidV7)
})

test('without JavaScript a submission that was in flight is repeated under its key, and no other', () => {
  expect(renderedKey(rendered({ state: refusal('same_key') }))).toBe('k')
  expect(renderedKey(rendered({ state: refusal('never') }))).toMatch(uuidV7)
})

function renderedKey(html = ''): string | undefined {
  return /name="idempotencyKey"[^>]* value="([^"]*)"/.exec(html)?.[1]
}
