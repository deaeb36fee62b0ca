import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const root = new URL('../../../../', import.meta.url).pathname

const proofs = ['page-weight', 'long-list', 'input-to-row', 'lighthouse']

export type PageFigures = {
  readonly scriptBytes: number | undefined
  readonly longestTaskMs: number | undefined
  readonly inputToRowMs: number | undefined
  readonly lighthouse: readonly {
    readonly device: string
    readonly performance: number
    readonly accessibility: number
  }[]
}

/** What the proofs of the page print. A proof that fails has printed its figure too. */
export async function measurePage(): Promise<PageFigures> {
  return pageFiguresIn(await outputOfProofs())
}

function pageFiguresIn(output: string): PageFigures {
  const tasks = /longest task in ms with 2000 todos: (\{[^}]*\})/.exec(output)?.[1]
  return {
    scriptBytes: numberIn(output, /first-load scripts: (\d+) bytes/),
    longestTaskMs: tasks === undefined ? undefined : Math.max(...numbersIn(tasks)),
    inputToRowMs: numberIn(output, /input to row: ([\d.]+) ms/),
    lighthouse: [
      ...output.matchAll(/^(a .+?) \{\s*performance: (\d+),\s*accessibility: (\d+)/gm),
    ].map(([, device = '', performance, accessibility]) => ({
      device,
      performance: Number(performance),
      accessibility: Number(accessibility),
    })),
  }
}

async function outputOfProofs(): Promise<string> {
  const vitest = `${root}node_modules/.bin/vitest`
  const files = proofs.map((name) => `limits/${name}`)
  const args = ['run', '--project', '@idem/browser', '--project', '@idem/browser:alone', ...files]
  const env = { ...process.env, IDEM_PROVE: 'true', NO_COLOR: '1' }
  try {
    return (await promisify(execFile)(vitest, args, { cwd: root, env, maxBuffer: 2 ** 26 })).stdout
  } catch (error) {
    return String(Object(error).stdout)
  }
}

function numberIn(text: string, pattern: RegExp): number | undefined {
  const found = pattern.exec(text)?.[1]
  return found === undefined ? undefined : Number(found)
}

function numbersIn(text: string): number[] {
  return [...text.matchAll(/: ([\d.]+)/g)].map(([, value]) => Number(value))
}
