import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { exitCode, startOpenly } from './children.mjs'
import { bin, root } from './house.mjs'

/** Runs the tests of every package, or those that the arguments choose, and counts them one by one. */
export async function runVitest({
  args: chosen = /** @type {string[]} */ ([]),
  env = {},
  limitMs = 20 * 60_000,
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
    const vitest = startOpenly(join(bin, 'vitest'), args, { env })
    const limit = setTimeout(() => vitest.kill('SIGTERM'), limitMs)
    const code = await exitCode(vitest)
    clearTimeout(limit)
    const found = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined
    return { ...count(found, code), times: timesOf(found) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A test that did not run proves nothing, so it counts as failed; so does a file without tests, and a crash. */
export function count(report, code) {
  const files = report?.testResults ?? []
  const passed = files.flatMap(testsOf).filter((test) => test.status === 'passed').length
  const failures = files.flatMap(failuresOf)
  if (failures.length === 0 && code !== 0) {
    failures.push(`Vitest ended with code ${code} though no test failed; what it says is above.`)
  }
  if (failures.length === 0 && passed === 0) failures.push('No test ran at all.')
  return { passed, failures }
}

/** How long the tests of each file took, in seconds, in the order in which they began. */
export function timesOf(report) {
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
