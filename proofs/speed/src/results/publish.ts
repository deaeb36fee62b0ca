import { readFile, writeFile } from 'node:fs/promises'

const root = new URL('../../../../', import.meta.url)
const marked = /(<!-- npm run bench -->\n)[\s\S]*?(<!-- end of npm run bench -->)/

const picture =
  '<img src="docs/pictures/bench.svg" alt="Creates a second of each server, with 16 and with 64 connections; the table below has the figures">'

export type Published = {
  readonly contenderReport: string
  readonly goalReport: string
  readonly svg: string
}

/** Writes the reports into README and docs/speed.md, and the chart beside the other pictures. */
export async function publish({ contenderReport, goalReport, svg }: Published): Promise<void> {
  await replaceIn('README.md', `${picture}\n\n${contenderReport}`)
  await replaceIn('docs/speed.md', goalReport)
  await writeFile(new URL('docs/pictures/bench.svg', root), svg)
}

async function replaceIn(name: string, report: string): Promise<void> {
  const file = new URL(name, root)
  await writeFile(file, withReport(await readFile(file, 'utf8'), report))
}

function withReport(page: string, report: string): string {
  if (!marked.test(page)) {
    throw new Error(`Expected the markers of the benchmark, received:\n${page}`)
  }
  return page.replace(marked, (_, begin, end) => `${begin}\n${report.trim()}\n\n${end}`)
}
