import { KeyOutcome, TodoPage } from '@idem/contract/operations'
import { Refusal, RefusalCode } from '@idem/contract/refusal'
import { Todo } from '@idem/contract/todo'
import { z } from 'zod'
import { Key } from '../http/key.ts'
import { refusedWith, statusOf } from '../http/refused.ts'
import type { Endpoint } from './endpoint.ts'
import { CreateTodoBody, endpoints, UpdateTodoBody } from './endpoints.ts'
import { Problem } from './problem.ts'

/**
 * The OpenAPI document of the REST API. OpenAPI 3.1 contains JSON Schema, which zod generates from the
 * schemas that parse the input.
 */
export function openApiDocument(basePath = '') {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Idem',
      version: '1',
      description: introduction(),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: basePath || '/' }],
    // An installation without sign-in needs neither.
    security: [{}, { apiKey: [] }],
    paths: pathsOf(endpoints),
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } },
      schemas: componentSchemas(),
      headers: componentHeaders,
    },
  }
}

/** Each schema is named once; other schemas refer to it. */
const inputs = z.registry<{ id: string }>()
inputs.add(CreateTodoBody, { id: 'NewTodo' })
inputs.add(UpdateTodoBody, { id: 'UpdateTodoParameters' })

const answers = z.registry<{ id: string }>()
answers.add(Todo, { id: 'Todo' })
answers.add(TodoPage, { id: 'TodoPage' })
answers.add(KeyOutcome, { id: 'KeyOutcome' })
answers.add(Refusal, { id: 'Refusal' })
answers.add(Problem, { id: 'Problem' })

function componentSchemas() {
  const uri = schemaAddress
  const written = {
    ...z.toJSONSchema(answers, {
      io: 'input',
      uri,
      // Another release may have stored an answer with additional members, which this one replays.
      override: ({ jsonSchema }) => {
        delete jsonSchema.additionalProperties
      },
    }).schemas,
    ...z.toJSONSchema(inputs, { io: 'input', uri }).schemas,
  }
  return Object.fromEntries(
    Object.entries(written).map(([name, { $schema, $id, ...schema }]) => [name, schema]),
  )
}

function schemaAddress(name: string): string {
  return `#/components/schemas/${name}`
}

function pathsOf(all: readonly Endpoint[]) {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const endpoint of all) {
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method]: operationOf(endpoint) }
  }
  return paths
}

function operationOf(endpoint: Endpoint) {
  const { name, summary, description, body } = endpoint
  const responses = { [endpoint.success.status]: successOf(endpoint), ...problemsOf(endpoint) }
  return {
    operationId: name,
    summary,
    description,
    parameters: parametersOf(endpoint),
    ...(body === undefined ? {} : { requestBody: { required: true, content: jsonOf(body) } }),
    responses,
  }
}

function parametersOf({ path, query, keyed, ifMatch }: Endpoint) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: name === 'key' ? inline(Key) : { type: 'string' },
  }))
  const inQuery = Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema: inline(schema),
  }))
  return [...inPath, ...inQuery, ...(keyed ? [keyHeader] : []), ...ifMatchHeader(ifMatch)]
}

const keyHeader = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Names the intent: mint one per intent, a UUIDv7 is a good one, and send it with every attempt. Bare, or as a quoted string.',
  schema: inline(Key),
}

function ifMatchHeader(kind: Endpoint['ifMatch']) {
  if (kind === undefined) return []
  return [
    {
      name: 'If-Match',
      in: 'header',
      // Optional even where it is required: the API has its own refusal for a missing header.
      required: false,
      description:
        kind === 'needed'
          ? 'The ETag of the version to change; without it the answer is 428.'
          : 'The ETag of the only version to delete.',
      schema: { type: 'string', pattern: '^"[1-9][0-9]*"$' },
    },
  ]
}

function successOf({ success, keyed }: Endpoint) {
  const { description, body, headers = [] } = success
  return {
    description,
    headers: headersOf([...headers, ...(keyed ? keyedHeaders : [])]),
    ...(body === undefined ? {} : { content: jsonOf(body) }),
  }
}

function problemsOf({ refusals, keyed, body }: Endpoint) {
  const codes = new Set([
    ...always,
    ...refusals,
    ...(keyed ? whenKeyed : []),
    ...(body === undefined ? [] : whenSent),
  ])
  const byStatus = Map.groupBy(codes, statusOf)
  return Object.fromEntries(
    [...byStatus].map(([status, of]) => [status, problemOf(status, of, keyed)]),
  )
}

const always = [
  'unauthenticated',
  'forbidden',
  'other_account',
  'invalid_input',
  'unavailable',
  'unexpected',
] as const
const whenKeyed = [
  'key_malformed',
  'key_ambiguous',
  'in_flight',
  'cancelled',
  'key_expired',
  'key_from_future',
  'effect_escaped',
  'key_reused',
] as const
const whenSent = ['too_large', 'wrong_type'] as const

function problemOf(status: number, codes: readonly RefusalCode[], keyed: boolean) {
  const waits = codes.some((code) => code === 'in_flight' || code === 'unavailable')
  return {
    description: codes.map((code) => `\`${code}\`: ${refusedWith(code).message}`).join('\n\n'),
    headers: headersOf([
      ...(keyed ? keyedHeaders : []),
      ...(waits ? ['Retry-After'] : []),
      ...(status === 401 ? ['WWW-Authenticate'] : []),
    ]),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [
            { $ref: schemaAddress('Problem') },
            {
              type: 'object',
              properties: {
                status: { const: status },
                refusal: { type: 'object', properties: { code: { enum: codes } } },
              },
            },
          ],
        },
      },
    },
  }
}

function jsonOf(schema: z.ZodType) {
  const { id = '' } = answers.get(schema) ?? inputs.get(schema) ?? {}
  return { 'application/json': { schema: { $ref: schemaAddress(id) } } }
}

function inline(schema: z.core.$ZodType) {
  const { $schema, ...written } = z.toJSONSchema(schema, { io: 'input' })
  return written
}

const keyedHeaders = ['Idempotent-Replayed', 'Idempotency-Key-Lifetime']

function headersOf(names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}

const componentHeaders = {
  ETag: {
    description: 'The version of the todo, for `If-Match`.',
    schema: { type: 'string', pattern: '^"[1-9][0-9]*"$' },
  },
  Location: { description: 'Where the todo is.', schema: { type: 'string' } },
  'Idempotent-Replayed': {
    description: '`true` when an earlier attempt with this key got the same answer.',
    schema: { const: 'true' },
  },
  'Idempotency-Key-Lifetime': {
    description: 'For how many seconds a key is kept.',
    schema: { type: 'integer' },
  },
  'WWW-Authenticate': {
    description: 'How to authenticate: with an API key.',
    schema: { const: 'Bearer' },
  },
  'Retry-After': {
    description: 'In how many seconds to send the same again.',
    schema: { type: 'integer' },
  },
}

function introduction(): string {
  const rows = RefusalCode.options.map((code) => {
    const { refusal, status, message } = refusedWith(code)
    return `| \`${code}\` | ${status} | \`${refusal.retry}\` | ${message} |`
  })
  return [
    'A todo list with one promise: an intent has one effect, however often it is sent.',
    'Send an `Idempotency-Key` with each request that changes something, and the same key with every further attempt: each gets the answer of the first, to the byte. A request that ends without an answer can be sent again, or queried and cancelled by its key.',
    'A refusal is an `application/problem+json`; its member `refusal` contains the reason, and in `retry` the next step of the client.',
    ['| refusal | status | retry | |', '|---|---|---|---|', ...rows].join('\n'),
  ].join('\n\n')
}
