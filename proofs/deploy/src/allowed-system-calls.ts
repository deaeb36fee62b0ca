import { runTool } from './run-tool.ts'

/** The names of the system calls that the filters of a unit leave. */
export async function allowedSystemCalls(unit: string): Promise<ReadonlySet<string>> {
  const filters = [...unit.matchAll(/^SystemCallFilter=(~?)(.*)$/gm)]
  const allowed = new Set(await callsOf('@default'))
  for (const [, isDenied, words = ''] of filters) {
    const calls = (await Promise.all(words.split(' ').map(callsOf))).flat()
    for (const call of calls) {
      if (isDenied === '~') allowed.delete(call)
      else allowed.add(call)
    }
  }
  return allowed
}

/** A word of a filter is a call, or a set of calls and sets. */
async function callsOf(word: string): Promise<string[]> {
  if (!word.startsWith('@')) return [word]
  const list = await runTool('systemd-analyze', ['syscall-filter', word, '--no-pager'])
  const members = list
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
  const named = members.filter((member) => member !== '' && !member.startsWith('#'))
  return (await Promise.all(named.map(callsOf))).flat()
}
