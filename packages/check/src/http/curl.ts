import type { Request } from './request.ts'

/** The command that sends the request. It may be printed in a public log, so it has no credentials. */
export function curlOf({ method, url, headers, body }: Request): string {
  const parts = [`curl -i -X ${method} ${quoted(url.href)}`]
  for (const [name, value] of headers) parts.push(`-H ${quoted(`${name}: ${shown(name, value)}`)}`)
  if (body !== undefined) parts.push(`--data-raw ${quoted(body)}`)
  return parts.join(' ')
}

function shown(name: string, value: string): string {
  return /authorization|cookie|token|secret|api-?key/i.test(name) ? '…' : value
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
