import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { isPostgresIn } from './process-state.ts'

/** The contents of postmaster.pid, which PostgreSQL writes into its data folder. */
export type Postmaster = {
  readonly pid: number
  readonly socketDir: string
  readonly ready: boolean
  /** In another container, whose processes this one does not see. */
  readonly isElsewhere: boolean
}

/** The server that is running in a folder; undefined when postmaster.pid is missing or stale. */
export async function findPostmaster(folder: string): Promise<Postmaster | undefined> {
  const lines = await readLines(folder)
  const pid = Number(lines[0])
  const ready = lines[7]?.trim() === 'ready'
  if (isPostgresIn(pid, folder)) {
    return { pid, socketDir: lines[4] ?? '', ready, isElsewhere: false }
  }
  // PostgreSQL detects another one by its pid and its shared memory. Containers share neither, and two servers
  // on one folder destroy it. They do share the socket beside the data, under whatever path each sees it.
  const socketDir = join(dirname(folder), 'socket')
  if (lines[0] === '' || !(await accepts(join(socketDir, '.s.PGSQL.5432')))) return undefined
  // A server that has started here in the meantime.
  if ((await readLines(folder))[0] !== lines[0]) return findPostmaster(folder)
  return { pid, socketDir, ready, isElsewhere: true }
}

function accepts(path: string): Promise<boolean> {
  const socket = connect(path)
  const accepted = new Promise<boolean>((resolve) => {
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
  })
  return accepted.finally(() => socket.destroy())
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
