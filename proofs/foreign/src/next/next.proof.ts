import { setTimeout as pause } from 'node:timers/promises'
import { httpProxy } from '@idem/test-support/http-proxy'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { killWhile } from '../kill-while.ts'
import { type NextProject, nextProject } from './next-project.ts'
import { buildNext, type NextWorld, nextWorld } from './next-world.ts'
import { openForm, type Posted, type PostedForm } from './posted-form.ts'

vi.setConfig({ testTimeout: 400_000, hookTimeout: 600_000 })

let withoutCache: NextProject
let withCache: NextProject
let browser: Browser
beforeAll(async () => {
  withoutCache = await built({ cacheComponents: false })
  withCache = await built({ cacheComponents: true })
  const executablePath = process.env.IDEM_CHROMIUM ?? '/usr/bin/chromium'
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
})
afterAll(async () => {
  await browser?.close()
  await withoutCache?.[Symbol.asyncDispose]()
  await withCache?.[Symbol.asyncDispose]()
})

async function built(settings: { readonly cacheComponents: boolean }): Promise<NextProject> {
  const project = await nextProject(settings)
  await buildNext(project.folder)
  return project
}

const world = () => nextWorld(withoutCache.folder)
const postForm = ({ server }: NextWorld, user?: string) => openForm(`${server.url}/posts`, user)

test('a form that is posted twice without JavaScript makes one row, and both pages show one answer', async () => {
  await using it = await world()
  const form = await postForm(it)
  const first = await form.post({ title: 'milk' })
  expect(first).toMatchObject({ status: 200, message: 'Saved as post 1.' })
  expect((await form.post({ title: 'milk' })).message).toBe(first.message)
  expect(await it.posts()).toEqual({ 1: 'milk' })
  // The page of an answer is ready for the next submission.
  expect(first.nextKey).not.toBe(form.key)
})

test('fifty posts of one form at once make one row and get one answer', async () => {
  await using it = await world()
  const form = await postForm(it)
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => untilAnswered(form, { title: 'milk' })),
  )
  expect(new Set(answers.map(({ message }) => message))).toEqual(new Set(['Saved as post 1.']))
  expect(await it.posts()).toEqual({ 1: 'milk' })
})

test('another title under one key is refused on the page, which has another key then', async () => {
  await using it = await world()
  const form = await postForm(it)
  await form.post({ title: 'milk' })
  const refused = await form.post({ title: 'tea' })
  expect(refused.message).toContain('This key was used with another input')
  expect(refused.nextKey).not.toBe(form.key)
  expect(await it.posts()).toEqual({ 1: 'milk' })
})

test('an error after the insert leaves no row and a free key', async () => {
  await using it = await world()
  const form = await postForm(it)
  expect(await form.post({ title: 'poison' })).toMatchObject({ status: 500 })
  expect(await it.posts()).toEqual({})
  expect(await form.post({ title: 'milk' })).toMatchObject({ message: 'Saved as post 2.' })
})

test('two owners use one key independently, and a stranger is redirected', async () => {
  await using it = await world()
  const ann = await postForm(it)
  await ann.post({ title: 'milk' })
  const bob = await postForm(it, 'bob')
  const asBob = await bob.post({ title: 'milk', idempotencyKey: ann.key })
  expect(asBob.message).toBe('Saved as post 2.')
  const stranger = await postForm(it, 'eve')
  expect(await stranger.post({ title: 'milk' })).toMatchObject({ status: 303, location: '/' })
  expect(await it.posts()).toEqual({ 1: 'milk', 2: 'milk' })
})

test('a redirect is replayed to the same page, and makes one row', async () => {
  await using it = await world()
  const form = await openForm(`${it.server.url}/notes`)
  const answers = [await form.post({ text: 'milk' }), await form.post({ text: 'milk' })]
  expect(answers).toMatchObject([
    { status: 303, location: '/notes/1' },
    { status: 303, location: '/notes/1' },
  ])
  expect(await it.notes()).toBe(1)
})

test('removals with a bound id are two intents, and a refused one is an error on the page', async () => {
  await using it = await world()
  const notes = await openForm(`${it.server.url}/notes`)
  for (const text of ['milk', 'tea', 'salt']) {
    await notes.post({ text, idempotencyKey: crypto.randomUUID() })
  }
  const removals = `${it.server.url}/removals`
  const [milk, tea] = await Promise.all([openForm(removals), openForm(removals, 'ann', 1)])
  for (const _ of [1, 2]) expect(await milk.post({})).toMatchObject({ status: 200 })
  expect(await it.notes()).toBe(2)
  for (const idempotencyKey of [milk.key, '']) {
    expect(await tea.post({ idempotencyKey })).toMatchObject({ status: 500 })
  }
  expect(await it.notes()).toBe(2)
  expect(await tea.post({})).toMatchObject({ status: 200 })
  expect(await it.notes()).toBe(1)
})

test('each of 200 forms that are posted while the server is killed makes one row', async () => {
  await using it = await world()
  const form = await postForm(it)
  const titles = Array.from({ length: 200 }, (_, at) => `post ${at}`)
  const messages = new Map<string, string>()
  const left = [...titles]
  async function person(): Promise<void> {
    for (let title = left.pop(); title !== undefined; title = left.pop()) {
      const fields = { title, idempotencyKey: crypto.randomUUID() }
      messages.set(title, (await untilAnswered(form, fields)).message)
    }
  }
  await killWhile(Promise.all(Array.from({ length: 10 }, person)), {
    server: it.server,
    effects: async () => Object.keys(await it.posts()).length,
  })
  const posts = Object.entries(await it.posts())
  expect(messages).toEqual(new Map(posts.map(([id, title]) => [title, `Saved as post ${id}.`])))
  expect(posts.map(([, title]) => title).sort()).toEqual(titles.sort())
})

/** Posts a form until it is answered, as a person does. */
async function untilAnswered(
  form: PostedForm,
  fields: Readonly<Record<string, string>>,
): Promise<Posted> {
  for (;;) {
    const posted = await form.post(fields).catch(() => undefined)
    if (posted?.message.startsWith('Saved')) return posted
    await pause(100)
  }
}

/** A page of Chromium with the form, behind a proxy, and the number of its submissions. */
async function browserWorld({ folder }: NextProject, options: BrowserContextOptions = {}) {
  await using starting = new AsyncDisposableStack()
  const it = starting.use(await nextWorld(folder))
  let submissions = 0
  const proxy = starting.use(
    await httpProxy({
      targets: [it.server.url],
      onRequest: ({ body }) => {
        if (body !== '') submissions += 1
      },
    }),
  )
  const context = starting.adopt(await browser.newContext(options), (each) => each.close())
  await context.addCookies([{ name: 'session', value: 'session-of-ann', url: proxy.url }])
  const page = await context.newPage()
  const errors: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  await page.goto(`${proxy.url}/posts`, { waitUntil: 'networkidle' })
  const started = starting.move()
  return {
    it,
    proxy,
    page,
    errors,
    submissions: () => submissions,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

const button = (page: Page) => page.locator('button')
const message = (page: Page, text: string) => page.getByText(text, { exact: true }).waitFor()

describe.for([
  ['without Cache Components', () => withoutCache],
  ['with Cache Components', () => withCache],
] as const)('%s', ([, project]) => {
  test('a double click makes one row, and the next submission another one', async () => {
    await using here = await browserWorld(project())
    const { page, it } = here
    await page.fill('[name=title]', 'milk')
    await button(page).dblclick()
    await message(page, 'Saved as post 1.')
    await page.fill('[name=title]', 'tea')
    await button(page).click()
    await message(page, 'Saved as post 2.')
    await page.locator('li', { hasText: 'tea' }).waitFor()
    expect(here.submissions()).toBe(3)
    expect(await it.posts()).toEqual({ 1: 'milk', 2: 'tea' })
    expect(here.errors).toEqual([])
  })

  test('a submission whose answer is lost twice is repeated and makes one row', async () => {
    await using here = await browserWorld(project())
    const { page, proxy, it } = here
    proxy.next('posts', 'cut_midway')
    proxy.next('posts', 'bad_gateway')
    await page.fill('[name=title]', 'milk')
    await button(page).click()
    await message(page, 'Saved as post 1.')
    expect(here.submissions()).toBe(3)
    expect(await it.posts()).toEqual({ 1: 'milk' })
  })

  test('a submission without an answer is one intent with the try after a reload', async () => {
    await using here = await browserWorld(project())
    const { page, proxy, it } = here
    const held = proxy.next('posts', 'hold_answer')
    await page.fill('[name=title]', 'milk')
    await button(page).click()
    await held.struck
    await page.reload({ waitUntil: 'networkidle' })
    await held.release()
    expect(await it.posts()).toEqual({ 1: 'milk' })
    await page.fill('[name=title]', 'milk')
    await button(page).click()
    await message(page, 'Saved as post 1.')
    await page.fill('[name=title]', 'milk')
    await button(page).click()
    await message(page, 'Saved as post 2.')
    expect(await it.posts()).toEqual({ 1: 'milk', 2: 'milk' })
  })
})

test('without JavaScript a double click and a reload of the answer make one row', async () => {
  await using here = await browserWorld(withoutCache, { javaScriptEnabled: false })
  const { page, it } = here
  await page.fill('[name=title]', 'milk')
  await button(page).dblclick()
  await message(page, 'Saved as post 1.')
  await page.reload()
  await message(page, 'Saved as post 1.')
  expect(here.submissions()).toBeGreaterThan(1)
  expect(await it.posts()).toEqual({ 1: 'milk' })
  await page.fill('[name=title]', 'tea')
  await button(page).click()
  await message(page, 'Saved as post 2.')
})
