/*
 * Keeps the page and its static files of each release on the device, so that the page opens without
 * a network. It never handles a request of the API: the outbox sends those, and their answers must
 * come from the server.
 *
 * The server puts two constants in front of this file: `release`, which changes with every build,
 * and `files`, the paths of all files of that build.
 */

const prefix = 'idem-page-'
/** A slow network is waited for at most this long before the page of the device is shown. */
const patienceMs = 3_000
/** A tab of the previous release still loads files of its own release. */
const keptReleases = 2

self.addEventListener('install', (event) => {
  event.waitUntil(install())
})

self.addEventListener('activate', (event) => {
  event.waitUntil(activate())
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== location.origin) return
  if (request.mode === 'navigate') {
    if (url.pathname === '/') event.respondWith(page(request))
  } else if (url.pathname !== '/' && isFile(url.pathname)) {
    event.respondWith(file(request))
  }
})

async function install() {
  const cache = await caches.open(prefix + release)
  const requests = files.map((path) => new Request(path, { cache: cacheOf(path) }))
  await cache.addAll(requests)
  await expectOneRelease(await cache.match('/'))
  await self.skipWaiting()
}

/** The name of a built file contains its hash; the others may have changed under the same name. */
function cacheOf(path) {
  return path.startsWith('/_next/static/') ? 'default' : 'reload'
}

/** Behind one address two releases may run at once: a page must not be kept with files of another. */
async function expectOneRelease(response) {
  const html = await response.text()
  const missing = [...html.matchAll(/"(\/_next\/static\/[^"?\\]+)/g)].find(
    ([, path]) => !files.includes(path),
  )
  if (missing === undefined) return
  await caches.delete(prefix + release)
  throw new Error(`The page needs ${missing[1]}, a file of another release.`)
}

async function activate() {
  const names = (await caches.keys()).filter((name) => name.startsWith(prefix))
  // The order is that of their creation; a release that returns is the current one too.
  const others = names.filter((name) => name !== prefix + release)
  const old = others.slice(0, Math.max(0, others.length - (keptReleases - 1)))
  await Promise.all(old.map((name) => caches.delete(name)))
  await self.clients.claim()
}

/** The newest page while there is a network; its policy is a header of the same response. */
async function page(request) {
  const kept = await (await caches.open(prefix + release)).match('/')
  const received = fetch(request)
  if (kept === undefined) return received
  const usable = received.then((response) => (response.status < 500 ? response : kept))
  return Promise.race([usable.catch(() => kept), late(kept)])
}

function late(response) {
  return new Promise((resolve) => setTimeout(resolve, patienceMs, response))
}

function isFile(path) {
  return files.includes(path) || path.startsWith('/_next/static/')
}

async function file(request) {
  const cache = await caches.open(prefix + release)
  const search = { ignoreSearch: true }
  return (
    (await cache.match(request, search)) ?? (await caches.match(request, search)) ?? fetch(request)
  )
}
