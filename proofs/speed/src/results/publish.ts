import { readFile, writeFile } from 'node:fs/promises'

const root = new URL('../../../../', import.meta.url)
const marked = /(<!-- npm run bench -->\n)[\s\S]*?(<!-- end of npm run bench -->)/

const picture =
  '<img src="docs/pictures/bench.svg" alt="Creates a second of each server, with 16 and with 64 connections; the table below has the figures">'

/** Writes the report into README, and its chart beside the other pictures. */
export async function publish({ report, svg }: { report: string; svg: string }): Promise<void> {
  const readme = new URL('README.md', root)
  await writeFile(readme, withReport(await readFile(readme, 'utf8'), report))
  await writeFile(new URL('docs/pictures/bench.svg', root), svg)
}

export function withReport(readme: string, report: string): string {
  if (!marked.test(readme)) throw new Error('Expected the markers of the benchmark in README.md.')
  return readme.replace(
    marked,
    (_, begin, end) => `${begin}\n${picture}\n\n${report.trim()}\n\n${end}`,
  )
}
