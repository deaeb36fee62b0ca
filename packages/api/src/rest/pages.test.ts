import { expect, test } from 'vitest'
import { createRestWorld } from './test-rest-world.ts'

test('the reference loads nothing from elsewhere and runs no script written into it', async () => {
  await using world = await createRestWorld()
  const { status, headers, text } = await world.call('/docs/')
  expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  const addresses = [...text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address = '']) => address)
  expect(
    addresses.filter((address) => !/^(\/docs\/|\/openapi\.json$|data:,$)/.test(address)),
  ).toEqual([])
  expect(text).not.toMatch(/<script(?![^>]* src=)|\son\w+=|<style|https?:/)
  for (const address of addresses.filter((address) => address.startsWith('/'))) {
    const file = await world.call(address)
    expect(file.status).toBe(200)
    expect(file.text.length).toBeGreaterThan(100)
  }
  expect((await world.call('/docs/start.js')).headers['content-type']).toMatch(/^text\/javascript/)
})
