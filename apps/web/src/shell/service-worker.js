/*
 * Keeps the page and its static files of each release on the device, so that the page opens without
 * a network. It never handles a request of the API: the outbox sends those, and their answers must
 * come from the server.
 *
 * The server puts three constants in front of this file: `base`, the prefix of all paths of this installation
 * (empty at the root), `release`, which changes with every build, and `files`, the hash of each file of
 * that build by its path. A proxy or a portal can answer anything with 200, so a file is kept only if its bytes
 * are those of the build.
 */

const home = `${base}/`
/** Another installation below the same host has caches of its own; a path contains no space. */
const prefix = `idem-page ${home} `
const cacheName = prefix + release
/** Every response of an Idem server to the page has this header. */
const marker = 'idem-release'
/** A slow network is waited for at most this long before the page of the device is shown. */
const patienceMs = 3_000
/** How long the server may take for the question who it is, when it has not sent its page. */
const askingMs = 1_000
/** A tab of the previous release still loads files of its own release. */
const keptReleases = 2
/** The cache of a release has it while its page has started from the device, or is not being opened. */
const startedEntry = `${base}/started`
/** What a gateway says of a server that it cannot reach. */
const gatewayErrors = [502, 503, 504]

self.addEventListener('install', (event) => {
  event.waitUntil(install())
})

self.addEventListener('activate', (event) => {
  event.waitUntil(activate())
})

self.addEventListener('message', (event) => {
  if (event.data === 'started') event.waitUntil(started())
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== location.origin) return
  if (request.mode === 'navigate') {
    if (url.pathname === home) event.respondWith(page(event))
  } else if (url.pathname !== home && isFile(url.pathname)) {
    event.respondWith(file(request, url.pathname))
  }
})

/** All files or none: the cache gets them only after each was compared. */
async function install() {
  const received = await Promise.all(
    Object.keys(files).map(async (path) => [path, await fileOfRelease(path)]),
  )
  const cache = await caches.open(cacheName)
  await Promise.all(received.map(([path, response]) => cache.put(path, response)))
  await started()
  await self.skipWaiting()
}

async function fileOfRelease(path) {
  for (const cache of cacheModes(path)) {
    const response = await fetch(new Request(path, { cache }))
    if (await isOfRelease(path, response)) return response
  }
  throw new Error(`Expected ${path} of this release, received another response.`)
}

/** The name of a built file contains its hash, but a proxy may have put another response into the browser's cache. */
function cacheModes(path) {
  return isNamedByHash(path) ? ['default', 'reload'] : ['reload']
}

function isNamedByHash(path) {
  return path.startsWith(`${base}/_next/static/`)
}

async function isOfRelease(path, response) {
  if (!response.ok || response.redirected) return false
  const bytes = await response.clone().arrayBuffer()
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return btoa(String.fromCharCode(...hash)) === files[path]
}

async function activate() {
  const names = await ownCaches()
  // The order is that of their creation; a release that returns is the current one too.
  const others = names.filter((name) => name !== cacheName)
  const old = others.slice(0, Math.max(0, others.length - (keptReleases - 1)))
  await Promise.all(old.map((name) => caches.delete(name)))
  await self.clients.claim()
}

async function ownCaches() {
  return (await caches.keys()).filter((name) => name.startsWith(prefix))
}

async function started() {
  const cache = await caches.open(cacheName)
  await cache.put(startedEntry, new Response())
}

/** The newest page while there is a network; its policy is a header of the same response. */
async function page(event) {
  const received = fetch(event.request)
  const kept = await caches.match(home, { cacheName })
  if (kept === undefined) return received
  mustStart = !(await (await caches.open(cacheName)).delete(startedEntry))
  const usable = received.then(
    (response) => (isUsable(response) ? response : kept),
    () => kept,
  )
  const shown = keptIfLate(usable, kept)
  event.waitUntil(leaveIfForeign(event, { usable, shown, kept }))
  return shown
}

/** The page was opened before, and has not started: then the files of the device may be the reason. */
let mustStart = false

/** The server's page, or whatever another server sends. A failure of Idem, or of a gateway, does not hide the page of the device. */
function isUsable(response) {
  return !(isOurs(response) ? response.status >= 500 : isOfGateway(response))
}

function isOfGateway({ status }) {
  return gatewayErrors.includes(status)
}

/** With 404 it is an installation at another path of this host. */
function isOurs(response) {
  return response.headers.has(marker) && response.status !== 404
}

/** Another server may be slow: then its page is late, and there is no page of Idem. */
async function keptIfLate(usable, kept) {
  const inTime = await Promise.race([usable, after(patienceMs)])
  if (inTime !== undefined) return inTime
  const asked = Promise.race([whoAnswers(), after(askingMs)])
  return Promise.race([usable, asked.then((answer) => (answer === 'another' ? usable : kept))])
}

function after(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Asks for the worker: a portal redirects such a request, and another server does not have it. */
async function whoAnswers() {
  try {
    const response = await fetch(`${base}/service-worker.js`, {
      cache: 'no-store',
      redirect: 'manual',
    })
    if (isOurs(response)) return 'idem'
    const isNobody = response.type === 'opaqueredirect' || isOfGateway(response)
    return isNobody ? 'nobody' : 'another'
  } catch {
    return 'nobody'
  }
}

/** Another server has this address now: nothing of Idem stays, except what a person has written. */
async function leaveIfForeign({ resultingClientId }, { usable, shown, kept }) {
  const response = await usable
  if (response === kept || isOurs(response) || (await whoAnswers()) !== 'another') return
  await self.registration.unregister()
  for (const name of await ownCaches()) await caches.delete(name)
  if ((await shown) !== kept) return
  const client = await self.clients.get(resultingClientId)
  await client?.navigate(client.url)
}

function isFile(path) {
  return Object.hasOwn(files, path) || isNamedByHash(path)
}

/** Opens no cache: that would create the one that was removed for another server. */
async function file(request, path) {
  const search = { ignoreSearch: true }
  const own = await caches.match(request, { ...search, cacheName })
  const kept = own ?? (await caches.match(request, search))
  if (kept === undefined) return fetch(request)
  // An icon or a manifest may be that of another server, which has this address now.
  if (!isNamedByHash(path)) return fetch(request).catch(() => kept)
  return mustStart && own !== undefined ? newest(request, path, own) : kept
}

async function newest(request, path, kept) {
  try {
    const response = await fetch(request, { cache: 'no-cache' })
    if (!(await isOfRelease(path, response))) return kept
    const cache = await caches.open(cacheName)
    await cache.put(path, response.clone())
    return response
  } catch {
    return kept
  }
}
