import { readFileSync } from 'node:fs'
import { peerPath } from './peer-path.ts'

/** A server that creates todos, and how it is started and called. */
export type Contender = {
  readonly name: string
  /** Its name in the table and the chart. */
  readonly title: string
  /** The arguments of Node: a file of `src`, or of the project `peers`, and more. */
  readonly args: (port: number) => readonly string[]
  /** The path of a create. */
  readonly path: string
  /** What it needs besides PostgreSQL. */
  readonly service?: 'valkey' | 'restate'
  /** SQL that creates a table of its own. */
  readonly tables?: string
  /** The tables that get one row for each create. */
  readonly counted: readonly string[]
  /** Whether a repeated request is measured too. */
  readonly replays?: true
  /** Whether updates and deletes of its todos are measured too. */
  readonly changes?: true
  /** Whether it is asked how many todos repeated requests create. */
  readonly checked: boolean
  /** What `idem-check --profile ietf` found on 2026-12-02, repeated by hand. Undefined if it was not run. */
  readonly found?: string
}

const todo = ['todo']
const keyed = ['todo', 'idem.idempotency_record']

/** Neighbours are measured one after the other: Idem's app is between those it is most often compared with. */
export const contenders: readonly Contender[] = [
  {
    name: 'trpc-noop',
    title: 'tRPC standalone adapter, no-op',
    args: own('servers/trpc-noop-server.ts'),
    path: '/api/trpc/createTodo',
    counted: [],
    checked: false,
  },
  {
    name: 'insert',
    title: 'node:http and pg, one INSERT',
    args: own('servers/insert-server.ts'),
    path: '/',
    counted: todo,
    checked: true,
    found: '11 of 15 attacks: no keys',
  },
  {
    name: 'create',
    title: 'Idem’s app',
    args: app,
    path: '/api/trpc/createTodo',
    counted: keyed,
    replays: true,
    changes: true,
    checked: true,
    found: 'nothing',
  },
  {
    name: 'no-op',
    title: 'Idem’s server, no-op',
    args: own('servers/same-server.ts', 'no-op'),
    path: '/api/trpc/createTodo',
    counted: [],
    checked: false,
  },
  {
    name: 'without-key',
    title: 'Idem’s server, INSERT without a key',
    args: own('servers/same-server.ts', 'insert'),
    path: '/api/trpc/createTodo',
    counted: todo,
    checked: false,
  },
  {
    name: 'package-pg',
    title: '@idem/idempotency over pg',
    args: own('servers/package-pg-server.ts'),
    path: '/',
    counted: keyed,
    replays: true,
    checked: true,
    found: 'nothing',
  },
  {
    name: 'package-prisma',
    title: '@idem/idempotency, tRPC and Prisma',
    args: own('servers/package-prisma-server.ts'),
    path: '/api/trpc/createTodo',
    counted: keyed,
    checked: true,
  },
  {
    name: 'node-idempotency',
    title: '@node-idempotency/core, Valkey',
    args: peer('node-idempotency.mjs'),
    path: '/todos',
    service: 'valkey',
    counted: todo,
    replays: true,
    checked: true,
  },
  {
    name: 'powertools',
    title: 'Powertools idempotency, Valkey',
    args: peer('powertools.mjs'),
    path: '/todos',
    service: 'valkey',
    counted: todo,
    replays: true,
    checked: true,
  },
  {
    name: 'express-idempotency',
    title: 'express-idempotency, in memory',
    args: peer('express-idempotency.mjs'),
    path: '/todos',
    counted: todo,
    checked: true,
    found: 'keys lost by a kill: 60 todos of 30',
  },
  {
    name: 'starter-kit',
    title: 'Next route, tRPC, Prisma transaction',
    args: (port) => [
      ...[peerPath('node_modules/next/dist/bin/next'), 'start', peerPath('starter-kit')],
      ...['-H', '127.0.0.1', '-p', String(port)],
    ],
    path: '/api/trpc/createTodo',
    tables: 'create table used_key (key text primary key, todo_id uuid not null)',
    counted: ['todo', 'used_key'],
    checked: true,
  },
  {
    name: 'dbos',
    title: 'DBOS workflow',
    args: peer('dbos.mjs'),
    path: '/todos',
    counted: todo,
    checked: true,
    found: 'another body gets the first answer',
  },
  {
    name: 'restate',
    title: 'Restate service',
    args: peer('restate.mjs'),
    path: '/todos/create',
    service: 'restate',
    counted: todo,
    checked: true,
  },
]

/** Peers that cannot be measured. */
export const missing = [
  {
    title: 'idempot-js',
    reason: 'its packages need @idempot/core, which the npm registry does not have',
  },
] as const

export function contenderNamed(name: string): Contender {
  const found = contenders.find((each) => each.name === name)
  if (found === undefined) {
    const names = contenders.map((each) => each.name).join(', ')
    throw new Error(`Expected a contender (${names}), received ${name}.`)
  }
  return found
}

/** The command of `npm start`. */
function app(): readonly string[] {
  const folder = new URL('../../../../apps/server/', import.meta.url)
  const flags: string[] = JSON.parse(readFileSync(new URL('node-flags.json', folder), 'utf8'))
  return [...flags, new URL('src/main.ts', folder).pathname]
}

function own(file: string, ...more: readonly string[]): Contender['args'] {
  return () => [new URL(`../${file}`, import.meta.url).pathname, ...more]
}

function peer(file: string): Contender['args'] {
  return () => [peerPath(file)]
}
