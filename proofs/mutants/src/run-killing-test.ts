import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type KillingTest, killingTestOf, type Mutant } from './mutant.ts'
import { type MutantResult, resultIn } from './result.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
/** Far more than a run takes, for a run that hangs. */
const mostMs = 60_000

/** Runs the killing test of the mutant in a separate run with the mutant. */
export async function runKillingTest(
  mutant: Pick<Mutant, 'name' | 'killedBy'>,
  databaseUrl: string,
): Promise<MutantResult> {
  const killing = killingTestOf(mutant)
  const folder = await mkdtemp(join(tmpdir(), 'idem-mutant-'))
  try {
    const path = join(folder, 'report.json')
    const { code, said } = await runVitest(
      [...choice(killing), ...reporterOptions(path)],
      environment(mutant.name, databaseUrl),
    )
    const report = await readFile(path, 'utf8').catch(() => undefined)
    const result = resultIn(report, killing)
    if (result.state === 'killed' && code === 0) {
      throw new Error('Vitest reported a failed test but exited with success.')
    }
    return result.state === 'not_tested'
      ? { ...result, why: `${result.why}\n${said}`.trim() }
      : result
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

async function runVitest(args: readonly string[], env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [vitest, 'run', ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: mostMs,
    killSignal: 'SIGKILL',
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk
  })
  const [code] = await once(child, 'close')
  return { code, said }
}

const vitest = join(root, 'node_modules/vitest/vitest.mjs')

/** The tests of a package are a project with the name of the package. */
function choice({ file, test }: KillingTest): string[] {
  const [parent, folder] = file.split('/')
  const name = parent === 'scripts' ? parent : folder
  const pattern = `^${test.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`
  return ['--project', `@idem/${name}`, file, '--testNamePattern', pattern]
}

function reporterOptions(report: string): string[] {
  return ['--reporter=json', `--outputFile=${report}`, '--maxWorkers=1', '--silent']
}

/** The environment without the variables of Vitest and of `npm run prove`, so with the seed of `npm test`. */
function environment(mutant: string, databaseUrl: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^VITEST|^IDEM_(PROVE|TEST_SEED)$/.test(name),
  )
  return {
    ...Object.fromEntries(own),
    IDEM_MUTANT: mutant,
    IDEM_TEST_DATABASE_URL: databaseUrl,
  }
}
