import type { IncomingMessage } from 'node:http'
import { isLoopbackName } from '../environment.ts'

/**
 * Whether the request names this machine and no proxy in front has left its headers. A proxy that adds none
 * and changes `Host` looks like a direct client.
 */
export function isDirect({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return isLoopbackName(hostName(headers.host ?? '')) && !Object.keys(headers).some(isOfProxy)
}

function isOfProxy(header: string): boolean {
  return /^(x-)?forwarded|^(via|x-real-ip)$/.test(header)
}

/** The host name of a `Host` header, without its port. */
export function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '')
}
