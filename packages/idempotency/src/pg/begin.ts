import type { Statement } from '../adapter.ts'

export const begin: Statement = { text: 'begin isolation level read committed', values: [] }
