const endpointPath = '/api/trpc'

/** The URL of the tRPC endpoint: the given URL if it has a path, otherwise with the default path. */
export function endpointUrl(address: string): string {
  const url = parsed(address)
  if (url.pathname === '/') url.pathname = endpointPath
  return url.href
}

function parsed(address: string): URL {
  if (address === '' || /^\/(?!\/)/.test(address)) return onThisSite(address)
  const url = URL.parse(address)
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw new TypeError(
    `Expected an absolute URL like "http://localhost:3000" for the server, received ${JSON.stringify(address)}.`,
  )
}

function onThisSite(path: string): URL {
  // Only a page has an origin to which a path can belong.
  const site = 'location' in globalThis ? globalThis.location.origin : undefined
  if (site !== undefined) return new URL(path, site)
  throw new TypeError(
    `Received the path ${JSON.stringify(path)} without a server; outside a browser pass an absolute URL like "http://localhost:3000".`,
  )
}
