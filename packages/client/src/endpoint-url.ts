const endpointPath = '/api/trpc'

/** The URL of the tRPC endpoint: the given URL if it has a path, otherwise with the default path. */
export function endpointUrl(address: string): string {
  const url = URL.parse(address, originOf(address))
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new TypeError(
      `Expected an absolute URL like "http://localhost:3000", received ${JSON.stringify(address)}.`,
    )
  }
  if (url.pathname === '/') url.pathname = endpointPath
  return url.href
}

/** Only a page has an origin to which a path can belong. */
function originOf(address: string): string | undefined {
  const isPath = address === '' || /^\/(?!\/)/.test(address)
  return isPath ? globalThis.location?.origin : undefined
}
