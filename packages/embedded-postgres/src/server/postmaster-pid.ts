import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isPostgresIn } from './process-state.ts'

/** The contents of postmaster.pid, which PostgreSQL writes into its data folder. */
export type Postmaster = {
  readonly pid: number
  readonly socketDir: string
  readonly ready: boolean
}

/** The server that is running in a folder; undefined when postmaster.pid is missing or stale. */
export async function findPostmaster(folder: string): Promise<Postmaster | undefined> {
  const lines = await readLines(folder)
  const pid = Number(lines[0])
  if (!isPostgresIn(pid, folder)) return undefined
  return { pid, socketDir: lines[4] ?? '', ready: lines[7]?.trim() === 'ready' }
}

/**
 * The pid in a stale postmaster.pid, or an empty string. Never the pid of a server
 * that is running or starting: a server writes its pid only after it has entered the folder.
 */
export async function stalePid(folder: string): Promise<string> {
  const [pid = ''] = await readLines(folder)
  return isPostgresIn(Number(pid), folder) ? '' : pid
}

/** Pid, folder, start time, port, socket folder, address, shared memory, status; appended one after the other. */
async function readLines(folder: string): Promise<string[]> {
  const content = await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '')
  return content.split('\n')
}
