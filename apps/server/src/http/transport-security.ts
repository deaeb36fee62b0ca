import type { PublicUrl } from '../environment.ts'

/**
 * A browser that has seen the page over https never asks for it without: a network in between could
 * otherwise answer that request itself. Below a path the host belongs to others too, whose subdomains may have
 * no https.
 */
export function transportSecurity(publicUrl: PublicUrl | undefined): Record<string, string> {
  if (!publicUrl?.origin.startsWith('https:')) return {}
  const subdomains = publicUrl.basePath === '' ? '; includeSubDomains' : ''
  return { 'strict-transport-security': `max-age=31536000${subdomains}` }
}
