import { randomUUID } from 'node:crypto'
import pg from 'pg'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 })

export function newTodo(title, id = randomUUID()) {
  return { id, title, completed: false, version: 1, createdAt: new Date() }
}

/** One statement for every peer that brings no database library of its own. */
export async function insertTodo(todo) {
  await pool.query(
    `insert into todo (owner_id, id, title, created_at, updated_at) values ($1, $2, $3, $4, $4)
     on conflict do nothing`,
    ['local', todo.id, todo.title, todo.createdAt],
  )
  return todo
}
