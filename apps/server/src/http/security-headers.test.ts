import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { securityHeaders } from './security-headers.ts'

async function policyFor(html: string): Promise<string> {
  const built = await mkdtemp(join(tmpdir(), 'idem-built-'))
  await mkdir(join(built, 'server/app/deeper'), { recursive: true })
  await writeFile(join(built, 'server/app/deeper/index.html'), html)
  const headers = await securityHeaders(built)
  await rm(built, { recursive: true })
  return headers['content-security-policy'] ?? ''
}

test('an inline script of the built page is allowed by its hash', async () => {
  const hash = createHash('sha256').update('go("ä")').digest('base64')
  expect(await policyFor('<script>go("ä")</script>')).toContain(
    `script-src 'self' 'sha256-${hash}';`,
  )
})

test('no other inline script is allowed', async () => {
  const policy = await policyFor('<script src="/x.js" async=""></script><p onclick="x()">')
  expect(policy).toContain(`script-src 'self';`)
  expect(policy).not.toMatch(/script-src[^;]*unsafe/)
})

test('the page cannot be framed and loads only from its own origin', async () => {
  const policy = await policyFor('')
  expect(policy).toContain(`default-src 'self'`)
  expect(policy).toContain(`frame-ancestors 'none'`)
})
