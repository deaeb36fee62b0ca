import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isPostgresIn } from './process-state.ts'

/** What postmaster.pid says of the server that wrote it. */
export type Postmaster = {
  readonly pid: number
  readonly socketFolder: string
  readonly ready: boolean
}

/** The server that is running in a folder. */
export async function findPostmaster(folder: string): Promise<Postmaster | undefined> {
  const lines = await readLines(folder)
  const pid = Number(lines[0])
  if (!isPostgresIn(pid, folder)) return undefined
  return { pid, socketFolder: lines[4] ?? '', ready: lines[7]?.trim() === 'ready' }
}

/**
 * The number a former server left behind, or nothing. Never the one of a server
 * that runs or is just starting: it names itself only once it works in the folder.
 */
export async function formerPostmaster(folder: string): Promise<string> {
  const [pid = ''] = await readLines(folder)
  return isPostgresIn(Number(pid), folder) ? '' : pid
}

/** Pid, folder, start, port, socket folder, address, shared memory, status; written one after the other. */
async function readLines(folder: string): Promise<string[]> {
  const content = await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '')
  return content.split('\n')
}
