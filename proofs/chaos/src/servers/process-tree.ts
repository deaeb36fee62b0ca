import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'

/** A process and its running descendants. */
export async function treeBelow(pid: number): Promise<number[]> {
  const parents = await parentsOfAll()
  const tree = new Set([pid])
  for (const each of tree) {
    for (const [child, parent] of parents) if (parent === each) tree.add(child)
  }
  return [...tree].filter((each) => parents.has(each))
}

/** The process of these that runs this file. */
export async function processOf(file: string, pids: readonly number[]): Promise<number> {
  for (const pid of pids) {
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (words.split('\0').includes(file)) return pid
  }
  throw new Error(`None of the processes ${pids.join(', ')} runs ${file}.`)
}

/** Resolves when none of them is running; polls, because only a parent is notified. */
export async function allGone(pids: readonly number[], withinMs: number): Promise<number[]> {
  const begun = performance.now()
  for (;;) {
    const running = await parentsOfAll()
    const left = pids.filter((pid) => running.has(pid))
    if (left.length === 0 || performance.now() - begun > withinMs) return left
    await pause(20)
  }
}

/** Zombies keep their pid but do not run. */
async function parentsOfAll(): Promise<Map<number, number>> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const parents = new Map<number, number>()
  for (const name of names) {
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    // The program name is in parentheses and may contain anything; state and parent follow it.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (state !== undefined && parent !== undefined && state !== 'Z') {
      parents.set(Number(name), Number(parent))
    }
  }
  return parents
}
