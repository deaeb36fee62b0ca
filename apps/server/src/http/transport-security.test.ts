import { expect, test } from 'vitest'
import { transportSecurity } from './transport-security.ts'

test.for([
  ['https://todo.example', '', 'max-age=31536000; includeSubDomains'],
  ['https://home.example', '/todos', 'max-age=31536000'],
  ['http://localhost:3000', '', undefined],
] as const)('browsers of %s%s are told to keep to https: %s', ([origin, basePath, value]) => {
  expect(transportSecurity({ origin, basePath })['strict-transport-security']).toBe(value)
})
