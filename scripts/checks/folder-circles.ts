import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** The sources below a folder, without tests, their support and generated code. */
export function sourcesIn(folder: string): string[] {
  return globSync('**/*.{ts,tsx}', { cwd: folder }).filter(
    (path) => !/\.test\.|(^|\/)test-|(^|\/)generated\//.test(path),
  )
}

/**
 * The steps of the circles that the imports between folders of `src` make, each with its imports. A file
 * directly in `src` is in no folder and counts alone: some of them join the folders, others are used by all.
 */
export function circlesIn(src: string): ReadonlyMap<string, readonly string[]> {
  const imports = sourcesIn(src)
    .flatMap((from) => importsOf(src, from).map((to) => ({ from, to })))
    .filter(({ from, to }) => placeOf(from) !== placeOf(to))
  const next = Map.groupBy(imports, ({ from }) => placeOf(from))

  function reachedFrom(start: string): ReadonlySet<string> {
    const places = new Set([start])
    for (const place of places) {
      for (const { to } of next.get(place) ?? []) places.add(placeOf(to))
    }
    return places
  }

  const steps = Map.groupBy(
    imports.filter(({ from, to }) => reachedFrom(placeOf(to)).has(placeOf(from))),
    ({ from, to }) => `${placeOf(from)} → ${placeOf(to)}`,
  )
  return new Map([...steps].map(([step, all]) => [step, all.map(({ from }) => from)]))
}

function placeOf(path: string): string {
  return path.includes('/') ? dirname(path) : path
}

function importsOf(src: string, path: string): string[] {
  const source = readFileSync(join(src, path), 'utf8')
  const specifiers = source.matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']+)'/g)
  return [...specifiers].map(([, specifier = '']) =>
    relative(src, join(src, dirname(path), specifier)),
  )
}
