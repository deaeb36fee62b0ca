/**
 * A browser that has seen the page over https never asks for it without: a network in between could
 * otherwise answer that request itself. Nothing is said about a public address without https.
 */
export function transportSecurity(publicOrigin: string | undefined): Record<string, string> {
  if (!publicOrigin?.startsWith('https:')) return {}
  return { 'strict-transport-security': 'max-age=31536000; includeSubDomains' }
}
