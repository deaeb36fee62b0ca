const endpointPath = '/api/trpc'

/** Where tRPC is spoken at this address: as given when it has a path, else under the usual one. */
export function endpointOf(address: string): string {
  const url = parsed(address)
  if (url.pathname === '/') url.pathname = endpointPath
  return url.href
}

function parsed(address: string): URL {
  if (address === '' || /^\/(?!\/)/.test(address)) return onThisSite(address)
  const url = URL.parse(address)
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw new TypeError(
    `The server's address must be a whole one like "http://localhost:3000"; got ${JSON.stringify(address)}.`,
  )
}

function onThisSite(path: string): URL {
  // Only a page has a site of its own for a path to belong to.
  const site = 'location' in globalThis ? globalThis.location.origin : undefined
  if (site !== undefined) return new URL(path, site)
  throw new TypeError(
    `The path ${JSON.stringify(path)} says no server; outside a browser give a whole address like "http://localhost:3000".`,
  )
}
