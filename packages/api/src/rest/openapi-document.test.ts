import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import { endpoints } from './endpoints.ts'
import { openApiDocument } from './openapi-document.ts'
import { createRestWorld } from './test-rest-world.ts'

test('a validator accepts the served document', async () => {
  await using world = await createRestWorld()
  const { status, headers, body } = await world.call('/openapi.json')
  expect([status, headers['content-type']]).toEqual([200, 'application/json'])
  expect(body.openapi).toMatch(/^3\.1\./)
  expect(await new Validator().validate(body)).toMatchObject({ valid: true })
})

test('every reference resolves, and every component is referenced', () => {
  const text = JSON.stringify(openApiDocument())
  const { schemas, headers } = openApiDocument().components
  const referred = new Set(
    [...text.matchAll(/"#\/components\/(\w+\/[\w-]+)"/g)].map(([, to]) => to),
  )
  const there = Object.entries({ schemas, headers }).flatMap(([kind, all]) =>
    Object.keys(all).map((name) => `${kind}/${name}`),
  )
  expect([...referred].sort()).toEqual(there.sort())
})

test('each operation has a unique name and lists its refusals', () => {
  expect(new Set(endpoints.map(({ name }) => name)).size).toBe(endpoints.length)
  const { paths } = openApiDocument()
  expect(Object.keys(Object(paths)['/todos'].post.responses)).toEqual([
    '201',
    '400',
    '401',
    '403',
    '409',
    '412',
    '413',
    '415',
    '422',
    '500',
    '503',
  ])
  expect(Object.keys(Object(paths)['/todos/{id}'].put.responses)).toEqual([
    '200',
    '400',
    '401',
    '403',
    '404',
    '409',
    '412',
    '413',
    '415',
    '422',
    '428',
    '500',
    '503',
  ])
})
