import { readFileSync, statSync } from 'node:fs'

/** A process that was killed and not yet waited for by its parent still has its number, but runs nothing. */
export function isRunning(pid: number): boolean {
  // Zero and less mean groups of processes.
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  // The name stands in parentheses and may hold anything; the state is the letter behind the last one.
  return ofProcess(pid, 'stat')?.split(') ').at(-1)?.[0] !== 'Z'
}

/**
 * Whether the process is a PostgreSQL of this folder, and not another program
 * that got its number later. In doubt it is: two servers on one folder destroy it.
 */
export function isPostgresIn(pid: number, folder: string): boolean {
  if (process.platform !== 'linux' || !isRunning(pid)) return isRunning(pid)
  return (ofProcess(pid, 'comm')?.trim() ?? 'postgres') === 'postgres' && mayWorkIn(pid, folder)
}

function ofProcess(pid: number, file: 'comm' | 'stat'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return undefined
  }
}

/** Compared by inode, because a container may know the same folder by another path. */
function mayWorkIn(pid: number, folder: string): boolean {
  try {
    const there = statSync(`/proc/${pid}/cwd`)
    const here = statSync(folder)
    return there.ino === here.ino && there.dev === here.dev
  } catch {
    // Root in a container may not look into another user's process.
    return true
  }
}
