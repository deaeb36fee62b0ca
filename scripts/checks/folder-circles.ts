import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

const imports = /(?:from|import)\s*\(?\s*'(\.[^']+)'/g

/**
 * The circles of folders under `src`, each as the two sides of one. Folders beside each other import one way: of two, with
 * all that they contain, at most one needs the other, also through a third. Tests may import everything.
 */
export function folderCircles(src: string): string[] {
  const needs = new Map<string, Set<string>>()
  for (const file of globSync('**/*.{ts,tsx}', { cwd: src, exclude: ['generated/**'] })) {
    if (/\.test\.|(^|\/)test-/.test(file)) continue
    const text = readFileSync(join(src, file), 'utf8')
    for (const [, path = ''] of text.matchAll(imports)) {
      const target = relative(src, join(src, dirname(file), path))
      const [from, to] = siblings(file, target)
      if (from !== to) needs.set(from, (needs.get(from) ?? new Set()).add(to))
    }
  }
  return [...needs.keys()]
    .flatMap((one) => [...reached(one, needs)].map((other) => [one, other] as const))
    .filter(([one, other]) => one < other && reached(other, needs).has(one))
    .map(([one, other]) => `${one} ↔ ${other}`)
}

/** The two folders below the last one that both files are in. The same one for files that lie directly in that. */
function siblings(file: string, target: string): [from: string, to: string] {
  const [from, to] = [dirname(file).split(sep), dirname(target).split(sep)]
  const shared = from.findIndex((name, place) => name !== to[place])
  const isInside =
    shared === -1 || to[shared] === undefined || from[shared] === '.' || to[shared] === '.'
  if (isInside) return ['', '']
  return [from.slice(0, shared + 1).join(sep), to.slice(0, shared + 1).join(sep)]
}

function reached(start: string, needs: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const found = new Set<string>()
  const waiting = [start]
  for (const one of waiting) {
    for (const next of needs.get(one) ?? []) {
      if (found.has(next)) continue
      found.add(next)
      waiting.push(next)
    }
  }
  return found
}
