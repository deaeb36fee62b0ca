import { createHash } from 'node:crypto'
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The headers of every response. Scripts run only from our own files; inline scripts only those of
 * the built page, each by its hash: the page stays static and cacheable, which a nonce would not
 * allow.
 */
export async function securityHeaders(builtPage: string): Promise<Record<string, string>> {
  const hashes = await inlineScriptHashes(builtPage)
  const developing = process.env.NODE_ENV === 'development'
  const scripts = developing ? ["'unsafe-inline'", "'unsafe-eval'"] : hashes
  return {
    'content-security-policy': [
      "default-src 'self'",
      ["script-src 'self'", ...scripts].join(' '),
      // React and Next write style attributes; a foreign style cannot get in without a script.
      "style-src 'self' 'unsafe-inline'",
      "img-src 'self' data:",
      `connect-src 'self'${developing ? ' ws:' : ''}`,
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
    ].join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  }
}

async function inlineScriptHashes(builtPage: string): Promise<string[]> {
  const hashes = new Set<string>()
  for await (const file of glob('server/app/**/*.html', { cwd: builtPage })) {
    const html = await readFile(join(builtPage, file), 'utf8')
    for (const [, attributes = '', text = ''] of html.matchAll(inlineScript)) {
      if (!/\ssrc=/.test(attributes)) hashes.add(`'sha256-${sha256(text)}'`)
    }
  }
  return [...hashes]
}

const inlineScript = /<script([^>]*)>([\s\S]*?)<\/script>/g

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}
