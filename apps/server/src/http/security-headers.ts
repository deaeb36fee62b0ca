import { createHash } from 'node:crypto'

/**
 * The headers of every response. Scripts run only from our own files; inline scripts only those of
 * the built page, each by its hash: the page stays static and cacheable, which a nonce would not
 * allow. `documents` are the built pages, as HTML.
 */
export function securityHeaders(documents: readonly string[]): Record<string, string> {
  const hashes = inlineScriptHashes(documents)
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

function inlineScriptHashes(documents: readonly string[]): string[] {
  const texts = documents
    .flatMap((html) => [...html.matchAll(inlineScript)])
    .filter(([, attributes = '']) => !/\ssrc=/.test(attributes))
    .map(([, , text = '']) => text)
  return [...new Set(texts)].map((text) => `'sha256-${sha256(text)}'`)
}

const inlineScript = /<script([^>]*)>([\s\S]*?)<\/script>/g

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}
