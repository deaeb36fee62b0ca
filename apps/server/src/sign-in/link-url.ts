import type { Link } from '@idem/accounts/links'

/** The token is in the fragment, which a browser sends to no server. */
export function urlOf({ path, token }: Link, origin: string): string {
  return `${origin}${path}#${token}`
}
