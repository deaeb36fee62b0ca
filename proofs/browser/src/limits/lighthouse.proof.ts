import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { startServer } from '@idem/test-support/server-process'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { expect, test, vi } from 'vitest'
import { chromiumPath } from '../support/chromium-path.ts'

vi.setConfig({ testTimeout: 600_000 })

/** Not a dependency of the workspace: with its own dependencies it is as large as all others. */
const lighthouse = 'lighthouse@13.5.0'
const pnpm = fileURLToPath(new URL('../../../../node_modules/.bin/pnpm', import.meta.url))
/** A score depends on the load of the machine, so the best of three counts. */
const runs = 3
const least = { performance: 98, accessibility: 100, 'best-practices': 100 }

type Category = keyof typeof least
type Scores = Record<Category, number>

const categories: readonly Category[] = ['performance', 'accessibility', 'best-practices']

test.for([
  ['a phone on a slow network', []],
  ['a desktop', ['--preset=desktop']],
] as const)(
  'the page has the scores of Lighthouse that it aims at, on %s',
  async ([device, options]) => {
    await using database = await scratchDatabase()
    await using server = await startServer({ database })
    const best: Scores = { performance: 0, accessibility: 0, 'best-practices': 0 }
    for (let run = 0; run < runs; run += 1) {
      const scores = await audit(server.url, options)
      for (const category of categories) best[category] = Math.max(best[category], scores[category])
    }
    console.log(device, best)
    for (const category of categories) {
      expect(best[category], category).toBeGreaterThanOrEqual(least[category])
    }
  },
)

async function audit(url: string, options: readonly string[]): Promise<Scores> {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'report.json')
  const args = [
    ...['dlx', lighthouse, url, '--quiet', '--output=json', `--output-path=${file}`],
    `--only-categories=${categories.join(',')}`,
    '--chrome-flags=--headless=new --no-sandbox',
    ...options,
  ]
  const env = { ...process.env, CHROME_PATH: chromiumPath() }
  await promisify(execFile)(pnpm, args, { cwd: folder.path, env })
  const report: Report = JSON.parse(await readFile(file, 'utf8'))
  console.log(findings(report))
  return {
    performance: scoreOf(report, 'performance'),
    accessibility: scoreOf(report, 'accessibility'),
    'best-practices': scoreOf(report, 'best-practices'),
  }
}

type Audit = {
  readonly score: number | null
  readonly scoreDisplayMode: string
  readonly displayValue?: string
}

type Report = {
  readonly categories: Record<
    Category,
    { readonly score: number; readonly auditRefs: readonly { id: string; weight: number }[] }
  >
  readonly audits: Record<string, Audit>
}

function scoreOf({ categories }: Report, category: Category): number {
  return Math.round(categories[category].score * 100)
}

/** The audits that cost points. */
function findings({ audits, categories: all }: Report): string {
  const weighed = Object.values(all).flatMap(({ auditRefs }) =>
    auditRefs.filter(({ weight }) => weight > 0).map(({ id }) => id),
  )
  const lost = [...new Set(weighed)].filter((id) => (audits[id]?.score ?? 1) < 1)
  return lost.map((id) => `${id} ${audits[id]?.displayValue ?? ''} ${audits[id]?.score}`).join('\n')
}
