import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import type pg from 'pg'

/** Bytes that are no UTF-8. */
export const picture = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 255, 254])

/** The context of the effect, as `transactional()` of /prisma needs it. */
export const effectContext = new AsyncLocalStorage<'effect'>()

/** How often handlers were called, by the name of what they make. */
export const calls = new Map<string, number>()

type Made = { made: string; call: number; context: string | undefined }

/** Inserts a row, as any handler below does first. */
export async function make(tx: pg.PoolClient, name: string): Promise<Made> {
  const call = (calls.get(name) ?? 0) + 1
  calls.set(name, call)
  await tx.query('insert into effect values ($1)', [name])
  if (name.startsWith('slow')) await pause(300)
  if (name.startsWith('never')) await new Promise(() => {})
  return { made: name, call, context: effectContext.getStore() }
}

/** A statement that PostgreSQL rejects as after a conflict of two transactions. */
export const conflict = `do $$ begin raise exception 'x' using errcode = '40001'; end $$`
