import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { exitCode, startOnTerminal } from '../processes/child-process.mjs'
import { bin, root } from '../workspace.mjs'

/** Runs the tests of every package, or those that the arguments select, and counts each test. */
export async function runVitest({
  args: chosen = /** @type {string[]} */ ([]),
  env = {},
  limitMs = 45 * 60_000,
} = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'idem-report-'))
  const report = join(folder, 'report.json')
  try {
    const args = [
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...chosen,
    ]
    const vitest = startOnTerminal(join(bin, 'vitest'), args, { env })
    const limit = setTimeout(() => vitest.kill('SIGTERM'), limitMs)
    const code = await exitCode(vitest)
    clearTimeout(limit)
    const found = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined
    return { ...count(found, code), times: timesOf(found) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A test that did not run proves nothing and counts as failed; so do a file without tests and a crash. */
export function count(report, code) {
  const files = report?.testResults ?? []
  const passed = files.flatMap(testsOf).filter((test) => test.status === 'passed').length
  const failures = files.flatMap(failuresOf)
  if (failures.length === 0 && code !== 0) {
    failures.push(`Vitest exited with code ${code} although no test failed; see its output above.`)
  }
  if (failures.length === 0 && passed === 0) failures.push('No test ran.')
  return { passed, failures }
}

/** The duration of each test file in seconds, in the order in which the files started. */
function timesOf(report) {
  return (report?.testResults ?? [])
    .toSorted((one, other) => one.startTime - other.startTime)
    .map(({ name, startTime, endTime }) => ({
      file: relative(root, name),
      seconds: (endTime - startTime) / 1_000,
    }))
}

function failuresOf(file) {
  const name = relative(root, file.name)
  const failed = testsOf(file).filter((test) => test.status !== 'passed')
  const isBroken = failed.length === 0 && (file.status === 'failed' || testsOf(file).length === 0)
  if (isBroken) return [`${name}: the file as a whole. ${file.message}`.trim()]
  return failed.map((test) => `${name}: ${test.fullName}${whyNotPassed(test.status)}`)
}

function testsOf(file) {
  return file.assertionResults
}

function whyNotPassed(status) {
  return status === 'failed' ? '' : ` (${status}; a test that does not run counts as failed)`
}
