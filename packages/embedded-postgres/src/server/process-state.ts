import { readFileSync, statSync } from 'node:fs'

/** False for a zombie: a killed process keeps its pid until its parent has waited for it, but runs nothing. */
export function isRunning(pid: number): boolean {
  // Zero and negative numbers address process groups.
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  // The name is in parentheses and may contain anything; the state is the letter after the last one.
  return readProc(pid, 'stat')?.split(') ').at(-1)?.[0] !== 'Z'
}

/**
 * Whether the process is a PostgreSQL of this folder, and not another program
 * that got a reused pid. True when unsure: two servers on one folder destroy it.
 */
export function isPostgresIn(pid: number, folder: string): boolean {
  if (process.platform !== 'linux' || !isRunning(pid)) return isRunning(pid)
  return (readProc(pid, 'comm')?.trim() ?? 'postgres') === 'postgres' && mayWorkIn(pid, folder)
}

function readProc(pid: number, file: 'comm' | 'stat'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return undefined
  }
}

/** Compares inodes, because a container may see the same folder under another path. */
function mayWorkIn(pid: number, folder: string): boolean {
  try {
    const there = statSync(`/proc/${pid}/cwd`)
    const here = statSync(folder)
    return there.ino === here.ino && there.dev === here.dev
  } catch {
    // Root in a container may be unable to inspect another user's process.
    return true
  }
}
