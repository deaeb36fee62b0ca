import { v7 } from 'uuid'
import type { ClientConnection } from '../isolation/client-connection.ts'

type Request = Parameters<ClientConnection['send']>[0]

export type FloodKind = keyof typeof floodRequests

export const floodRequests = {
  read: (): Request => ({ method: 'GET', path: listOfHundred, body: '' }),
  write: (): Request => {
    const body = JSON.stringify({ idempotencyKey: v7(), title: 'Buy milk' })
    return { method: 'POST', path: 'createTodo', body }
  },
}

const listOfHundred = `listTodos?input=${encodeURIComponent('{"limit":100}')}`
