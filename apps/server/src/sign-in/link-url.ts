import type { Link } from '@idem/accounts/links'
import type { PublicUrl } from '../environment.ts'

/** The token is in the fragment, which a browser sends to no server. */
export function urlOf({ path, token }: Link, { origin, basePath }: PublicUrl): string {
  return `${origin}${basePath}${path}#${token}`
}
