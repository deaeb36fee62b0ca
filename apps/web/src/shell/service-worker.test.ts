import { createHash } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'

/** Not a literal, because the worker is JavaScript without types. */
const worker: string = './service-worker.js'
const site = 'http://localhost:3000'
const script = '/_next/static/a.js'
const build = { '/': 'page', [script]: 'a', '/icon.svg': 'icon' }

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('a page opened without a network is the one of the device', async () => {
  const device = createDevice(build)
  await device.install('1', build)
  device.network = {}
  expect(await device.open('/?show=open')).toBe('page')
  expect(await device.load(script)).toBe('a')
  expect(await device.load('/icon.svg')).toBe('icon')
})

test('a page opened with a network is the newest one', async () => {
  const device = createDevice(build)
  await device.install('1', build)
  device.network = { '/': 'newer page' }
  vi.useFakeTimers()
  device.asked.length = 0
  expect(await device.open('/')).toBe('newer page')
  await vi.advanceTimersByTimeAsync(10_000)
  expect(device.asked).toEqual(['/'])
})

test('a request of the API, a mutation and another site are left to the browser', async () => {
  const device = createDevice(build)
  await device.install('1', build)
  for (const path of ['/api/trpc/listTodos', '/todos', '/outcomes/k', '/policy', '/']) {
    expect(device.fetch({ url: site + path })).toBeUndefined()
  }
  expect(device.fetch({ url: site + script, method: 'POST' })).toBeUndefined()
  expect(device.fetch({ url: `http://other.example${script}` })).toBeUndefined()
  expect(device.fetch({ url: `${site}/docs`, mode: 'navigate' })).toBeUndefined()
})

test('a tab of the previous release still loads its files, and older releases are removed', async () => {
  const device = createDevice({})
  for (const name of ['a', 'b', 'c']) {
    const next = { '/': `page ${name}`, [`/_next/static/${name}.js`]: name }
    device.network = next
    await device.install(name, next)
  }
  device.network = {}
  expect(await device.load('/_next/static/b.js')).toBe('b')
  await expect(device.load(script)).rejects.toThrow('no network')
  expect(await device.open('/')).toBe('page c')
})

test('the worker of an installation below a path leaves the rest of the host, and the caches of others, alone', async () => {
  const caches = fakeCaches()
  const root = createDevice(build, { caches })
  await root.install('1', build)
  const files = { '/todos/': 'todos', '/todos/_next/static/b.js': 'b', '/todos/icon.svg': 'icon' }
  const below = createDevice(files, { base: '/todos', caches })
  for (const release of ['1', '2', '3']) await below.install(release, files)
  expect(await below.releases()).toEqual([
    'idem-page / 1',
    'idem-page /todos/ 2',
    'idem-page /todos/ 3',
  ])
  for (const path of ['/', script, '/icon.svg', '/todos', '/todosx/']) {
    expect(below.fetch({ url: site + path })).toBeUndefined()
    expect(below.fetch({ url: site + path, mode: 'navigate' })).toBeUndefined()
  }
  below.network = {}
  expect(await below.open('/todos/?show=open')).toBe('todos')
  expect(await below.load('/todos/_next/static/b.js')).toBe('b')
  Object.assign(below, { network: { '/todos/': 'other app' }, isOurs: false, notFound: 404 })
  expect(await below.open('/todos/')).toBe('other app')
  await expect.poll(below.releases).toEqual(['idem-page / 1'])
})

test.each([
  ['the page of another release', { '/': 'newer page' }],
  ['the page of a portal', { '/': '<form>' }],
  ['a page of a proxy for a script, with 200', { [script]: '<h1>' }],
])('nothing is kept when an installation receives %s', async (_, received) => {
  const device = createDevice({ ...build, ...received })
  await expect(device.install('1', build)).rejects.toThrow(Object.keys(received)[0])
  expect(await device.releases()).toEqual([])
})

test('a file that a proxy has put into the cache of the browser is loaded again', async () => {
  const device = createDevice(build)
  device.browserCache = { [script]: '<h1>' }
  await device.install('1', build)
  device.network = {}
  expect(await device.load(script)).toBe('a')
})

test('a page of the device that does not start gets its files from the network the next time', async () => {
  const device = createDevice(build)
  await device.install('1', build)
  await device.damage(script)
  await device.open('/')
  expect(await device.load(script)).toBe('damaged')
  await device.open('/')
  expect(await device.load(script)).toBe('a')
  await device.started()
  device.network = {}
  await device.open('/')
  expect(await device.load(script)).toBe('a')
})

test('a page that has started gets its files from the device', async () => {
  const device = createDevice(build)
  await device.install('1', build)
  for (let visit = 0; visit < 3; visit += 1) {
    await device.open('/')
    await device.load(script)
    await device.started()
  }
  expect(device.asked.filter((path) => path === script)).toHaveLength(1)
})

test.each([
  ['Idem fails', 500, true],
  ['a gateway does not reach it', 502, false],
])('the page of the device is shown while %s', async (_, status, isOurs) => {
  const device = createDevice(build)
  await device.install('1', build)
  Object.assign(device, { status, isOurs })
  expect(await device.open('/')).toBe('page')
  expect(await device.releases()).toEqual(['idem-page / 1'])
})

test('another server at this address is not hidden, and removes the page of the device', async () => {
  const device = createDevice(build)
  await device.install('1', build)
  device.network = { '/': 'other app', '/icon.svg': 'other icon' }
  Object.assign(device, { status: 500, isOurs: false, notFound: 404 })
  expect(await device.load('/icon.svg')).toBe('other icon')
  expect(await device.open('/')).toBe('other app')
  await expect.poll(device.releases).toEqual([])
  expect(await device.load('/icon.svg')).toBe('other icon')
  expect(await device.releases()).toEqual([])
  expect(device.isRegistered).toBe(false)
})

test('a portal is shown, and the page of the device stays for the time without a network', async () => {
  const device = createDevice(build)
  await device.install('1', build)
  device.network = { '/': 'sign in', '/service-worker.js': 'redirect' }
  device.isOurs = false
  expect(await device.open('/')).toBe('sign in')
  expect(await device.releases()).toEqual(['idem-page / 1'])
})

test.each([
  ['Idem', 'its page of the device', { isOurs: true }, 'page'],
  ['another server', 'its own page', { isOurs: false, notFound: 404 }, 'other app'],
])('a slow answer of %s shows %s', async (_, __, server, shown) => {
  const device = createDevice(build)
  await device.install('1', build)
  vi.useFakeTimers()
  device.network = { '/': 'other app', '/service-worker.js': 'worker' }
  if (!server.isOurs) device.network = { '/': 'other app' }
  Object.assign(device, server, { isSlow: (path: string) => path === '/' })
  const opened = device.open('/')
  await vi.advanceTimersByTimeAsync(4_000)
  device.arrive()
  expect(await opened).toBe(shown)
})

test('an installation that has moved to another path of its host removes the page of the device', async () => {
  const device = createDevice(build)
  await device.install('1', build)
  device.network = { '/': 'This server answers below /todos/.' }
  Object.assign(device, { status: 404, notFound: 404 })
  expect(await device.open('/')).toContain('below /todos/')
  await expect.poll(device.releases).toEqual([])
})

test('another server that answers nothing for long replaces the page of the device at last', async () => {
  const device = createDevice(build)
  await device.install('1', build)
  vi.useFakeTimers()
  device.network = { '/': 'other app' }
  Object.assign(device, { isOurs: false, notFound: 404, isSlow: () => true })
  const opened = device.open('/')
  await vi.advanceTimersByTimeAsync(4_000)
  expect(await opened).toBe('page')
  device.arrive()
  await vi.waitFor(() => expect(device.navigated).toEqual([`${site}/`]))
})

type Asked = {
  readonly url: string
  readonly method?: string
  readonly mode?: string
  readonly cache?: string
}
type Files = Readonly<Record<string, string>>

/** Caches and a network, in which the newest installed worker handles requests. */
function createDevice(network: Files, { base = '', caches = fakeCaches() } = {}) {
  const handlers = new Map<string, (event: object) => void>()
  const late = Promise.withResolvers<void>()
  const device = {
    network,
    /** What the browser itself has stored before. */
    browserCache: {} as Files,
    status: 200,
    /** Whether Idem answers. */
    isOurs: true,
    /** The status of what is not there; without one the request fails. */
    notFound: 0,
    /** Whether the response for a path arrives only with `arrive`. */
    isSlow: (_path: string) => false,
    arrive: late.resolve,
    navigated: [] as string[],
    asked: [] as string[],
    isRegistered: false,
    install,
    fetch: ask,
    open: (path: string) => textOf({ url: site + path, mode: 'navigate' }),
    load: (path: string) => textOf({ url: site + path }),
    started: () => dispatch('message', { data: 'started' }),
    releases: () => caches.keys(),
    async damage(path: string): Promise<void> {
      const [release = ''] = await caches.keys()
      await (await caches.open(release)).put(path, new Response('damaged'))
    },
  }

  async function fetch(asked: Asked | string, init?: { cache?: string }): Promise<Response> {
    const path = pathOf(asked)
    device.asked.push(path)
    const mode = init?.cache ?? Object(asked).cache
    if (device.isSlow(path)) await late.promise
    const text = (mode === 'default' && device.browserCache[path]) || device.network[path]
    const headers: HeadersInit = device.isOurs ? { 'idem-release': '1' } : {}
    if (text === 'redirect') {
      return Object.defineProperty(new Response(), 'type', { value: 'opaqueredirect' })
    }
    if (text !== undefined) return new Response(text, { status: device.status, headers })
    if (device.notFound) return new Response('', { status: device.notFound, headers })
    throw new TypeError('no network')
  }

  async function install(release: string, contents: Files): Promise<void> {
    const self = {
      addEventListener: (name: string, handler: (event: object) => void) =>
        handlers.set(name, handler),
      skipWaiting: async () => undefined,
      clients: {
        claim: async () => undefined,
        get: async () => ({
          url: `${site}/`,
          navigate: async (url: string) => device.navigated.push(url),
        }),
      },
      registration: {
        async unregister() {
          device.isRegistered = false
        },
      },
    }
    const hashes = Object.entries(contents).map(([path, text]) => [path, hashOf(text)])
    const files = Object.fromEntries(hashes)
    const location = { origin: site }
    const globals = { self, caches, location, fetch, Request: FakeRequest, base, release, files }
    for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value)
    vi.resetModules()
    await import(worker)
    for (const name of ['install', 'activate']) await dispatch(name)
    device.isRegistered = true
  }

  async function dispatch(name: string, event: object = {}): Promise<void> {
    let work: Promise<void> | undefined
    const waitUntil = (promise: Promise<void>) => {
      work = promise
    }
    handlers.get(name)?.({ ...event, waitUntil })
    await work
  }

  function ask(asked: Asked): Promise<Response> | undefined {
    let answer: Promise<Response> | undefined
    const respondWith = (response: Promise<Response>) => {
      answer = response
    }
    const request = { method: 'GET', mode: 'no-cors', ...asked }
    handlers.get('fetch')?.({ request, respondWith, waitUntil: () => undefined })
    return answer
  }

  async function textOf(asked: Asked): Promise<string> {
    return (await (ask(asked) ?? fetch(asked))).text()
  }
  return device
}

class FakeRequest {
  readonly url: string
  readonly cache: string | undefined
  constructor(path: string, init?: { readonly cache?: string }) {
    this.url = site + path
    this.cache = init?.cache
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}

function pathOf(asked: Asked | string): string {
  return new URL(typeof asked === 'string' ? asked : asked.url, site).pathname
}

/** Only what the worker uses, by path alone. */
function fakeCaches() {
  const caches = new Map<string, Map<string, Response>>()

  async function open(name: string) {
    const kept = caches.get(name) ?? new Map<string, Response>()
    caches.set(name, kept)
    return {
      put: async (asked: Asked | string, response: Response) => kept.set(pathOf(asked), response),
      delete: async (path: string) => kept.delete(path),
    }
  }

  return {
    open,
    keys: async () => [...caches.keys()],
    delete: async (name: string) => caches.delete(name),
    async match(asked: Asked | string, { cacheName }: { readonly cacheName?: string } = {}) {
      for (const [name, kept] of caches) {
        const found =
          cacheName === undefined || cacheName === name ? kept.get(pathOf(asked)) : undefined
        if (found !== undefined) return found.clone()
      }
      return undefined
    },
  }
}
