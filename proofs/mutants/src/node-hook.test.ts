import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const hook = fileURLToPath(new URL('./node-hook.ts', import.meta.url))
const keyPolicy = new URL(
  '../../../packages/idempotency/src/records/key-policy.ts',
  import.meta.url,
).href

/** The output of a process that was started with the hook. */
function seen(mutant: string | undefined) {
  const script = `
    const { keyPolicy, mayBeClaimed } = await import(${JSON.stringify(keyPolicy)})
    const condition = mayBeClaimed('minted', 'hours', keyPolicy({}).tables)
    console.log(JSON.stringify([condition, process.env.IDEM_MUTANT ?? null]))`
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', hook, '--input-type=module', '--eval', script],
    { encoding: 'utf8', env: mutant === undefined ? {} : { IDEM_MUTANT: mutant } },
  )
  return { status, stderr, printed: stdout === '' ? [] : JSON.parse(stdout) }
}

test('a process runs with its mutant, without IDEM_MUTANT in its environment', () => {
  const asItIs = seen(undefined)
  const mutated = seen('key-from-any-future')
  expect(asItIs.printed).toEqual([expect.stringContaining('(minted / 1000) <= '), null])
  expect(mutated.printed).toEqual([expect.not.stringContaining('(minted / 1000) <= '), null])
})

test('an unknown mutant prevents the start', () => {
  const { status, stderr } = seen('no-such')
  expect(status).not.toBe(0)
  expect(stderr).toContain('There is no mutant "no-such"')
})
