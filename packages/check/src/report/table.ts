import { printable } from './printable.ts'
import type { Finding, Report } from './report.ts'

const width = 80
const indent = 15

/** The report for a person, at most 80 columns wide except for commands. */
export function tableOf(report: Report): string {
  const lines = report.findings.flatMap(linesOf)
  return [
    `idem-check ${report.url}`,
    `promise: ${report.profile}`,
    '',
    ...lines,
    '',
    summaryOf(report),
    report.counted
      ? 'Effects were counted.'
      : 'Effects were not counted (--count): only what answers show was seen.',
    '',
  ].join('\n')
}

function linesOf(finding: Finding): string[] {
  const first = `  ${finding.verdict.padEnd(indent - 2)}${finding.attack}`
  const pad = ' '.repeat(indent)
  switch (finding.verdict) {
    case 'held':
      return [first, ...wrapped(finding.seen, pad)]
    case 'broken':
      return [first, ...wrapped(finding.seen, pad), `${pad}${finding.repeat}`]
    case 'not checked':
      return [first, ...wrapped(finding.why, pad)]
  }
}

function wrapped(text: string, pad: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of printable(text).split(' ')) {
    if (line !== '' && pad.length + line.length + 1 + word.length > width) {
      lines.push(pad + line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, pad + line]
}

function summaryOf({ findings }: Report): string {
  const kinds = ['held', 'broken', 'not checked'] as const
  const numberOf = (kind: string) => findings.filter(({ verdict }) => verdict === kind).length
  return `${kinds.map((kind) => `${numberOf(kind)} ${kind}`).join(', ')}.`
}
