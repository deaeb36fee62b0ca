#!/usr/bin/env node
import './node-env.ts'
import { commands } from './command-line/commands.ts'
import { parseLine } from './command-line/parse-line.ts'
import { runCommand } from './commands/run-command.ts'

/** The exit code of shells for a line that was not understood; nothing was done. */
const notUnderstood = 2

const line = parseLine(process.argv.slice(2), commands)
switch (line.is) {
  case 'help':
    process.stdout.write(`${line.text}\n`)
    break
  case 'mistake':
    process.stderr.write(`${line.text}\n`)
    process.exitCode = notUnderstood
    break
  case 'command':
    if ('start' in line.command) await line.command.start()
    else await runCommand(await line.command.load(), line.given)
}
