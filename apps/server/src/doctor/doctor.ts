import { join } from 'node:path'
import { endWithCode } from '../commands/run-command.ts'
import { withDatabaseUrl } from '../commands/with-database.ts'
import { type Environment, readEnvironment } from '../environment.ts'
import { explainStartupError } from '../startup/startup-errors.ts'
import { checkDatabase } from './check-database.ts'
import { checkDataDir, checkDisk, checkNode, exists } from './check-machine.ts'
import { checkProxy } from './check-proxy.ts'
import { checkServer } from './check-server.ts'
import type { Finding } from './finding.ts'

const marks = { ok: 'ok     ', warning: 'warning', problem: 'PROBLEM' } as const

/** Prints a line a check, as soon as it is known; the exit code is 1 if there is a problem. */
export function doctor(): Promise<void> {
  return endWithCode(async (signal) => {
    let problems = 0
    for await (const { about, level, says } of findingsOf(process.env, signal)) {
      if (level === 'problem') problems += 1
      process.stdout.write(`${about.padEnd(12)} ${marks[level]}  ${says}\n`)
    }
    return problems === 0 ? 0 : 1
  })
}

/** A check that depends on something broken is left out: its cause is named already. */
export async function* findingsOf(
  variables: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  yield checkNode(process.versions.node)
  let environment: Environment
  try {
    environment = readEnvironment(variables)
    yield { about: 'settings', level: 'ok', says: 'all are known and valid' }
  } catch (error) {
    yield* mistakesIn(explainStartupError(error, undefined))
    return
  }
  const { DATABASE_URL, IDEM_DATA_DIR } = environment
  yield await checkServer(environment)
  if (DATABASE_URL === undefined) {
    const found = await checkDataDir(IDEM_DATA_DIR)
    yield found
    if (found.level === 'problem') return
    yield await checkDisk(IDEM_DATA_DIR)
    if (!(await exists(join(IDEM_DATA_DIR, 'postgres')))) {
      yield { about: 'database', level: 'ok', says: 'none yet: the first start creates it' }
      return
    }
  }
  yield* databaseFindings(environment, signal)
}

/** One line each; the first only says that they follow. */
function mistakesIn(message: string): Finding[] {
  const [, ...mistakes] = message.split('\n')
  return mistakes.map((says) => ({ about: 'settings', level: 'problem', says: says.trim() }))
}

/** The embedded database is started for the checks unless it is running. */
async function* databaseFindings(
  environment: Environment,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  const findings: Finding[] = []
  let installationId: string | undefined
  try {
    await withDatabaseUrl({ environment, signal }, async (url) => {
      const checked = await checkDatabase(url, environment)
      findings.push(...checked.findings)
      installationId = checked.installationId
    })
  } catch (error) {
    const says = explainStartupError(error, environment)
    findings.push({ about: 'database', level: 'problem', says })
  }
  yield* findings
  const { IDEM_PUBLIC_URL: address } = environment
  if (address === undefined) return
  const url = address.origin + address.basePath
  yield* await checkProxy({ url, ...environment, installationId })
}
