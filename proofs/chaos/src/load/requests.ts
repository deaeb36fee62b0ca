import { v7 } from 'uuid'
import type { Request } from './client-connection.ts'

export function post(path: string, input: unknown): Request {
  return { method: 'POST', path, body: JSON.stringify(input) }
}

export function get(path: string, input?: unknown): Request {
  const search = input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(input))}`
  return { method: 'GET', path: `${path}${search}`, body: '' }
}

/** A request that calls a procedure so many times. */
export function batchOf(procedure: string, calls: number): string {
  return `${Array(calls).fill(procedure).join(',')}?batch=1`
}

export const keyedCreate = () => post('createTodo', { idempotencyKey: v7(), title: 'Buy milk' })
export const keyedDelete = () => post('deleteTodo', { idempotencyKey: v7(), id: v7() })
