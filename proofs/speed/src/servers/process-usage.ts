import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts processor time in hundredths of a second, whatever the kernel's own clock. */
const ticksPerSecond = 100

/** The resident memory of a process in MB. */
export function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kibibytes = /^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]
  if (kibibytes === undefined) throw new Error(`Expected the line VmRSS, received:\n${status}`)
  return (Number(kibibytes) * 1_024) / 1e6
}

/** The processor seconds of a process and its children, also of those that have ended. */
export function processorSeconds(pid: number): number {
  const all = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? readStat(name) : []))
  return secondsOf(pid, all)
}

type ProcessStat = {
  readonly pid: number
  readonly parent: number
  readonly seconds: number
}

/** The processor seconds of this process. */
export function ownProcessorSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Its own, and those of its children; a child that has ended is part of its parent's own. */
function secondsOf(pid: number, all: readonly ProcessStat[]): number {
  const own = all.find((each) => each.pid === pid)
  if (own === undefined) throw new Error(`Expected a running process ${pid}.`)
  return all
    .filter(({ parent }) => parent === pid)
    .reduce((sum, child) => sum + secondsOf(child.pid, all), own.seconds)
}

/** A line of `/proc/PID/stat`. The name of the program, in parentheses, may contain spaces. */
function processStatIn(stat: string): ProcessStat {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [parent = Number.NaN, ...times] = [1, 11, 12, 13, 14].map((at) => Number(fields[at]))
  const ticks = times.reduce((sum, each) => sum + each, 0)
  const pid = Number.parseInt(stat, 10)
  if (Number.isNaN(pid + parent + ticks)) throw new Error(`Expected a process, received: ${stat}`)
  return { pid, parent, seconds: ticks / ticksPerSecond }
}

function readStat(pid: string): ProcessStat[] {
  try {
    return [processStatIn(readFileSync(`/proc/${pid}/stat`, 'utf8'))]
  } catch {
    // It ended at this moment.
    return []
  }
}
