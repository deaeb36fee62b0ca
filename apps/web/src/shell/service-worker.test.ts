import { afterEach, expect, test, vi } from 'vitest'

/** Not a literal, because the worker is JavaScript without types. */
const worker: string = './service-worker.js'
const site = 'http://localhost:3000'

afterEach(() => vi.unstubAllGlobals())

test('a page opened without a network is the one of the device', async () => {
  const device = createDevice({ '/': page('a'), '/_next/static/a.js': 'a' })
  await device.install('1', ['/', '/_next/static/a.js'])
  device.network = {}
  expect(await device.open('/?show=open')).toBe(page('a'))
  expect(await device.load('/_next/static/a.js')).toBe('a')
})

test('a page opened with a network is the newest one', async () => {
  const device = createDevice({ '/': page('a'), '/_next/static/a.js': 'a' })
  await device.install('1', ['/', '/_next/static/a.js'])
  device.network = { '/': page('b') }
  expect(await device.open('/')).toBe(page('b'))
})

test('a request of the API, a mutation and another site are left to the browser', async () => {
  const device = createDevice({ '/': page('a'), '/_next/static/a.js': 'a' })
  await device.install('1', ['/', '/_next/static/a.js'])
  for (const path of ['/api/trpc/listTodos', '/todos', '/outcomes/k', '/policy', '/']) {
    expect(device.fetch({ url: site + path })).toBeUndefined()
  }
  expect(device.fetch({ url: `${site}/_next/static/a.js`, method: 'POST' })).toBeUndefined()
  expect(device.fetch({ url: 'http://other.example/_next/static/a.js' })).toBeUndefined()
  expect(device.fetch({ url: `${site}/docs`, mode: 'navigate' })).toBeUndefined()
})

test('a tab of the previous release still loads its files, and older releases are removed', async () => {
  const device = createDevice({})
  for (const name of ['a', 'b', 'c']) {
    device.network = { '/': page(name), [`/_next/static/${name}.js`]: name }
    await device.install(name, ['/', `/_next/static/${name}.js`])
  }
  device.network = {}
  expect(await device.load('/_next/static/b.js')).toBe('b')
  await expect(device.load('/_next/static/a.js')).rejects.toThrow('no network')
  expect(await device.open('/')).toBe(page('c'))
})

test('a page of another release than its files is not kept', async () => {
  const device = createDevice({ '/': page('b'), '/_next/static/a.js': 'a' })
  await expect(device.install('1', ['/', '/_next/static/a.js'])).rejects.toThrow('b.js')
  device.network = {}
  await expect(device.open('/')).rejects.toThrow('no network')
})

test('a server that fails does not hide the page of the device', async () => {
  const device = createDevice({ '/': page('a'), '/_next/static/a.js': 'a' })
  await device.install('1', ['/', '/_next/static/a.js'])
  device.status = 502
  expect(await device.open('/')).toBe(page('a'))
})

function page(script: string): string {
  return `<script src="/_next/static/${script}.js"></script>`
}

type Asked = { readonly url: string; readonly method?: string; readonly mode?: string }

/** Caches and a network, in which the newest installed worker handles requests. */
function createDevice(network: Record<string, string>) {
  const caches = fakeCaches(fetch)
  let handle: ((event: object) => void) | undefined
  const device = { network, status: 200, install, fetch: ask, open, load }

  async function fetch({ url }: Asked): Promise<Response> {
    const text = device.network[new URL(url, site).pathname]
    if (text === undefined) throw new TypeError('no network')
    return new Response(text, { status: device.status })
  }

  async function install(release: string, files: readonly string[]): Promise<void> {
    const handlers = new Map<string, (event: object) => void>()
    const self = {
      addEventListener: (name: string, handler: (event: object) => void) =>
        handlers.set(name, handler),
      skipWaiting: async () => undefined,
      clients: { claim: async () => undefined },
    }
    const location = { origin: site }
    const globals = { self, caches, location, fetch, Request: FakeRequest, release, files }
    for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value)
    vi.resetModules()
    await import(worker)
    for (const name of ['install', 'activate']) await waited(handlers.get(name))
    handle = handlers.get('fetch')
  }

  function ask(asked: Asked): Promise<Response> | undefined {
    let answer: Promise<Response> | undefined
    const respondWith = (response: Promise<Response>) => {
      answer = response
    }
    handle?.({ request: { method: 'GET', mode: 'no-cors', ...asked }, respondWith })
    return answer
  }

  async function textOf(asked: Asked): Promise<string> {
    return (await (ask(asked) ?? fetch(asked))).text()
  }
  function open(path: string): Promise<string> {
    return textOf({ url: site + path, mode: 'navigate' })
  }
  function load(path: string): Promise<string> {
    return textOf({ url: site + path })
  }
  return device
}

class FakeRequest {
  readonly url: string
  constructor(path: string) {
    this.url = site + path
  }
}

async function waited(handler: ((event: object) => void) | undefined): Promise<void> {
  let work: Promise<void> | undefined
  handler?.({
    waitUntil: (promise: Promise<void>) => {
      work = promise
    },
  })
  await work
}

/** Only what the worker uses, by path alone. */
function fakeCaches(fetch: (asked: Asked) => Promise<Response>) {
  const caches = new Map<string, Map<string, Response>>()
  const pathOf = (asked: Asked | string) =>
    new URL(typeof asked === 'string' ? asked : asked.url, site).pathname

  async function open(name: string) {
    const kept = caches.get(name) ?? new Map<string, Response>()
    caches.set(name, kept)
    return {
      async addAll(requests: readonly Asked[]) {
        for (const request of requests) kept.set(pathOf(request), await fetch(request))
      },
      match: async (asked: Asked | string) => kept.get(pathOf(asked))?.clone(),
    }
  }

  return {
    open,
    keys: async () => [...caches.keys()],
    delete: async (name: string) => caches.delete(name),
    async match(asked: Asked | string) {
      for (const kept of caches.values()) {
        const found = kept.get(pathOf(asked))
        if (found !== undefined) return found.clone()
      }
      return undefined
    },
  }
}
