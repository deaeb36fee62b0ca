import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { securityHeaders } from './security-headers.ts'

function policyFor(html: string): string {
  return securityHeaders([html])['content-security-policy'] ?? ''
}

test('an inline script of the built page is allowed by its hash', () => {
  const hash = createHash('sha256').update('go("ä")').digest('base64')
  expect(policyFor('<script>go("ä")</script>')).toContain(`script-src 'self' 'sha256-${hash}';`)
})

test('no other inline script is allowed', () => {
  const policy = policyFor('<script src="/x.js" async=""></script><p onclick="x()">')
  expect(policy).toContain(`script-src 'self';`)
  expect(policy).not.toMatch(/script-src[^;]*unsafe/)
})

test('the page cannot be framed and loads only from its own origin', () => {
  const policy = policyFor('')
  expect(policy).toContain(`default-src 'self'`)
  for (const none of ['frame-ancestors', 'object-src', 'base-uri']) {
    expect(policy).toContain(`${none} 'none'`)
  }
})
