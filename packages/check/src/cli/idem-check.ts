#!/usr/bin/env node
import { check } from '../check.ts'
import { UsageError } from '../lab/usage-error.ts'
import { printable } from '../report/printable.ts'
import type { Report } from '../report/report.ts'
import { tableOf } from '../report/table.ts'
import { readCommand } from './read-target.ts'
import { usage } from './usage.ts'

try {
  process.exitCode = await run()
} catch (error) {
  const known = error instanceof UsageError || !(error instanceof Error)
  process.stderr.write(`${known ? printable(messageOf(error)) : error.stack}\n`)
  process.exitCode = 2
}

async function run(): Promise<number> {
  const command = readCommand(process.argv.slice(2))
  if (command.kind === 'help') {
    process.stdout.write(usage)
    return 0
  }
  const report = await check(command.target)
  process.stdout.write(command.json ? `${JSON.stringify(report, undefined, 2)}\n` : tableOf(report))
  return exitCodeOf(report)
}

function exitCodeOf({ findings }: Report): number {
  if (findings.some(({ verdict }) => verdict === 'broken')) return 1
  return findings.some(({ verdict }) => verdict === 'held') ? 0 : 2
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : `${error}`
}
