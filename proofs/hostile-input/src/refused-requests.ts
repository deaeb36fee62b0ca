import { gzipSync } from 'node:zlib'
import type { RefusalCode } from '@idem/contract/refusal'
import { v7 } from 'uuid'
import type { Api } from './check-response.ts'
import { canary } from './hostile-world.ts'
import type { Sent } from './send.ts'

/** A description, the API, the request, and the only refusals it may get. */
export type Refused = readonly [
  description: string,
  api: Api,
  sent: Sent,
  codes: readonly RefusalCode[],
]

const title = `Buy ${canary}`
const create = '/api/trpc/createTodo'
const key = () => `${canary}-${v7()}`

const trpc = (body: string | Buffer, headers: string[] = []): Sent => ({
  path: create,
  body,
  headers,
})
const rest = (body: string | Buffer, headers: string[] = []): Sent => ({
  path: '/todos',
  body,
  headers: ['idempotency-key', key(), ...headers],
})
const json = (value: object) => JSON.stringify(value)
const shown = (text: string) => JSON.stringify(text.length > 24 ? `${text.slice(0, 24)}…` : text)

/** One body for both APIs; that of tRPC contains the key. */
function onBoth(
  description: string,
  body: string | Buffer,
  codes: readonly RefusalCode[],
  headers: string[] = [],
): Refused[] {
  return [
    [description, 'trpc', trpc(body, headers), codes],
    [description, 'rest', rest(body, headers), codes],
  ]
}

const sound = (more: object = {}) => json({ idempotencyKey: key(), title, ...more })
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

const brokenBodies: Refused[] = [
  '',
  ' ',
  '{',
  '}',
  '{"title"',
  '{"title":"x",}',
  "{'title':'x'}",
  '{"title":"x"}}',
  '{"title":"x"}{"title":"x"}',
  '{"title":"x"}\0',
  '\ufeff{"title":"x"}',
  'undefined',
  'NaN',
  `// ${canary}`,
].flatMap((body) => onBoth(`the body ${shown(body)}`, body, ['invalid_input']))

const wrongTypes: Refused[] = ['null', '[]', '[{}]', '7', 'true', '"x"', nested(30_000)].flatMap(
  (body) => onBoth(`the body ${shown(body)}`, body, ['invalid_input', 'key_missing']),
)

const unknownFields: Refused[] = [
  '"owner":"somebody"',
  '"ownerId":"somebody"',
  '"owner_id":"somebody"',
  '"createdAt":"2000-01-01T00:00:00.000Z"',
  '"version":7',
  '"completed":true',
  '"__proto__":{"polluted":true}',
  '"constructor":{"prototype":{"polluted":true}}',
  '"toString":1',
  `"deep":${nested(30_000)}`,
].flatMap((member): Refused[] => {
  const description = `the unknown member ${shown(member)}`
  const body = `"title":"${title}",${member}}`
  return [
    [description, 'trpc', trpc(`{"idempotencyKey":"${key()}",${body}`), ['invalid_input']],
    [description, 'rest', rest(`{${body}`), ['invalid_input']],
  ]
})

const badKeys = ['', ' ', 'k'.repeat(256), 'a b', 'a,b', 'a"b', 'a\\b', 'ключ', '🔑', 'a\u007f']

const keys: Refused[] = [
  ['no key', 'trpc', trpc(json({ title })), ['key_missing']],
  ['the key null', 'trpc', trpc(json({ title, idempotencyKey: null })), ['key_malformed']],
  ['a number as key', 'trpc', trpc(json({ title, idempotencyKey: 7 })), ['key_malformed']],
  ['two keys as key', 'trpc', trpc(json({ title, idempotencyKey: ['a', 'b'] })), ['key_malformed']],
  ...[...badKeys, 'a\r\nb', 'a\0b', '\ud800'].map(
    (idempotencyKey): Refused => [
      `the key ${shown(idempotencyKey)}`,
      'trpc',
      trpc(json({ title, idempotencyKey })),
      ['key_malformed'],
    ],
  ),
  ...badKeys
    .filter((bad) => bad !== 'a\u007f')
    .map(
      (bad): Refused => [
        `the key ${shown(bad)}`,
        'rest',
        // The key as bytes: a header has no other characters.
        {
          path: '/todos',
          body: json({ title }),
          headers: ['idempotency-key', Buffer.from(bad).toString('latin1')],
        },
        ['key_malformed'],
      ],
    ),
  [
    'the same key twice',
    'rest',
    rest(json({ title }), ['Idempotency-Key', 'b']),
    ['key_ambiguous'],
  ],
  [
    'another key in the body than in the header',
    'rest',
    rest(json({ title, idempotencyKey: key() })),
    ['invalid_input'],
  ],
]

const titles: Refused[] = [
  ['empty', ''],
  ['of spaces', ' \t\u00a0\u2003\n'],
  ['of 501 characters', 'x'.repeat(501)],
  ['of 501 emoji', '🥛'.repeat(501)],
  ['with NUL', `${canary}\0`],
  ['with half a surrogate pair', `${canary}\ud83e`],
  ['that is a number', 7],
  ['that is a list', [title]],
  ['that is an object', { toString: title }],
  ['null', null],
].flatMap(([description, bad]): Refused[] => [
  [
    `a title ${description}`,
    'trpc',
    trpc(json({ idempotencyKey: key(), title: bad })),
    ['invalid_input'],
  ],
  [`a title ${description}`, 'rest', rest(json({ title: bad })), ['invalid_input']],
])

const sizes: Refused[] = [
  ...onBoth('64 KiB and a byte', sound().padEnd(65_537), ['too_large']),
  ...onBoth('100,000 nested arrays', nested(100_000), ['too_large']),
  ...onBoth(
    'a gzip bomb',
    gzipSync(Buffer.alloc(1_000_000, 32)),
    ['wrong_type'],
    ['content-encoding', 'gzip'],
  ),
]

const types: Refused[] = [
  '',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/octet-stream',
  'application/json; charset=utf-16',
  'application/json; charset=utf-7',
  'application/jsonp',
  'text/json',
  'application/json, text/plain',
].flatMap((type) => onBoth(`the type "${type}"`, sound(), ['wrong_type'], ['content-type', type]))

const otherMethods = ['PUT', 'DELETE', 'PATCH', 'TRACE', 'OPTIONS', 'PROPFIND']

const methods: Refused[] = [
  ...['createTodo', 'deleteTodo', 'updateTodo', 'restoreTodo', 'cancel'].flatMap((mutation) =>
    ['GET', ...otherMethods].map(
      (method): Refused => [
        `${method} ${mutation}`,
        'trpc',
        { method, path: `/api/trpc/${mutation}?input=${encodeURIComponent(sound())}` },
        ['method_not_allowed'],
      ],
    ),
  ),
  ...['POST', ...otherMethods].map(
    (method): Refused => [
      `${method} listTodos`,
      'trpc',
      { method, path: '/api/trpc/listTodos', body: '{}' },
      ['method_not_allowed'],
    ],
  ),
  ...otherMethods.map(
    (method): Refused => [
      `${method} /todos`,
      'rest',
      { method, path: '/todos' },
      ['method_not_allowed'],
    ],
  ),
  ...['POST', 'PATCH', 'TRACE'].flatMap((method) =>
    ['/todos/99', '/outcomes/k', '/openapi.json', '/docs', '/healthz', '/readyz', '/'].map(
      (path): Refused => [`${method} ${path}`, 'rest', { method, path }, ['method_not_allowed']],
    ),
  ),
  [
    'a call of a server action',
    'rest',
    { path: '/', body: '[]', headers: ['next-action', 'a'.repeat(42)] },
    ['method_not_allowed'],
  ],
]

const paths: Refused[] = [
  ...[
    canary,
    `..%2f${canary}`,
    `%00${canary}`,
    `/${canary}`,
    '/createTodo',
    'toString',
    '__proto__',
  ]
    .map((path) => `/api/trpc/${path}`)
    .flatMap((path): Refused[] => [
      [`GET ${path}`, 'trpc', { path }, ['no_such_route']],
      [`POST ${path}`, 'trpc', { path, body: sound() }, ['no_such_route']],
    ]),
  [
    'a procedure that cannot be decoded',
    'trpc',
    { path: `/api/trpc/%E0%A4%A${canary}` },
    ['invalid_input'],
  ],
  ...[
    `/todos/x/${canary}`,
    `/todos//${canary}`,
    `//${canary}`,
    '//todos',
    `/api//trpc/${canary}`,
  ].map((path): Refused => [`GET ${path}`, 'rest', { path }, ['no_such_route']]),
  [
    'a todo that cannot be decoded',
    'rest',
    { path: `/todos/%E0%A4%A${canary}` },
    ['invalid_input'],
  ],
  ['NUL as a todo', 'rest', { path: `/todos/%00${canary}` }, ['invalid_input', 'not_found']],
  ['a todo a level up', 'rest', { path: `/todos/..%2f${canary}` }, ['not_found']],
  ['a cursor of ours it is not', 'rest', { path: `/todos?cursor=${canary}` }, ['invalid_input']],
  ['a query parameter sent twice', 'rest', { path: '/todos?limit=1&limit=2' }, ['invalid_input']],
  ['an unknown query', 'rest', { path: '/todos?owner=somebody' }, ['invalid_input']],
]

/** Forwarded by a proxy, which must not reveal internals. */
const metrics: Refused[] = [
  ['Forwarded', 'for=203.0.113.7'],
  ['X-Forwarded-For', '203.0.113.7'],
  ['X-Forwarded-Proto', 'https'],
  ['x-forwarded-host', 'todo.example'],
  ['Via', '1.1 proxy'],
  ['X-Real-IP', '203.0.113.7'],
].flatMap((header) =>
  [[], ['authorization', `Bearer ${canary}`]].map(
    (more): Refused => [
      `GET /metrics with ${[...header, ...more].join(' ')}`,
      'rest',
      { path: '/metrics', headers: [...header, ...more] },
      ['forbidden'],
    ],
  ),
)

const batches: Refused[] = [
  [
    'eleven in a batch',
    'trpc',
    {
      path: `/api/trpc/${Array(11).fill('createTodo')}?batch=1`,
      body: json(
        Object.fromEntries(Array.from({ length: 11 }, (_, at) => [at, JSON.parse(sound())])),
      ),
    },
    ['invalid_input'],
  ],
  [
    '500 commas',
    'trpc',
    { path: `/api/trpc/${','.repeat(500)}?batch=1`, body: '{}' },
    ['invalid_input'],
  ],
  ['500 commas, got', 'trpc', { path: `/api/trpc/${','.repeat(500)}?batch=1` }, ['invalid_input']],
  [
    'a batch that both reads and changes',
    'trpc',
    { path: '/api/trpc/createTodo,listTodos?batch=1', body: json({ 0: JSON.parse(sound()) }) },
    ['invalid_input'],
  ],
  ...['[]', '7', 'null', '"x"'].map(
    (body): Refused => [
      `a batch whose body is ${body}`,
      'trpc',
      { path: `${create}?batch=1`, body },
      ['invalid_input'],
    ],
  ),
]

const preconditions: Refused[] = ['1', 'W/"1"', '"0"', '"-1"', '"1","2"', '*', '"99999999999"'].map(
  (version): Refused => [
    `If-Match: ${version}`,
    'rest',
    {
      method: 'PUT',
      path: `/todos/${v7()}`,
      body: json({ title, completed: true }),
      headers: ['if-match', version],
    },
    ['invalid_input'],
  ],
)

const asOne: readonly Refused[] = [
  ...brokenBodies,
  ...wrongTypes,
  ...unknownFields,
  ...keys,
  ...titles,
  ...sizes,
  ...types,
  ...methods,
  ...paths,
  ...metrics,
  ...batches,
  ...preconditions,
]

/** tRPC's own adapter answers streamed calls; a single call must pass it too. */
const asStream = asOne.flatMap(([description, api, sent, codes]): Refused[] => {
  const headers = [...(sent.headers ?? []), 'trpc-accept', 'application/jsonl']
  // A batch is read before its inputs, so its stream has started when it is refused.
  const single = api === 'trpc' && !sent.path.includes('batch=1')
  return single ? [[`${description}, wanted as a stream,`, api, { ...sent, headers }, codes]] : []
})

/** All of them must be refused, change nothing and leave no trace. */
export const refusedRequests: readonly Refused[] = [...asOne, ...asStream]
