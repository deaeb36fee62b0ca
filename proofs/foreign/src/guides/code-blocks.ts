import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

export type CodeBlock = {
  /** Of its opening fence, counted from 1. */
  readonly line: number
  readonly language: string
  /** Where its first line names one: `// orders.ts`. */
  readonly file: string | undefined
  readonly text: string
}

export const root = fileURLToPath(new URL('../../../../', import.meta.url))

/** Both READMEs and all guides of the packages, from the root. */
export const pages = globSync('packages/{idempotency,outbox}/{README,guides/*}.md', { cwd: root })

export async function codeBlocksOf(page: string): Promise<CodeBlock[]> {
  return codeBlocksIn(await readFile(`${root}${page}`, 'utf8'))
}

/** The fenced blocks of a page, in their order. */
function codeBlocksIn(markdown: string): CodeBlock[] {
  const fence = /^```(\w+)\n(.*?)^```$/gms
  return [...markdown.matchAll(fence)].map(({ 1: language = '', 2: text = '', index }) => ({
    line: markdown.slice(0, index).split('\n').length,
    language,
    file: /^\/\/ ([\w./-]+)\n/.exec(text)?.[1],
    text,
  }))
}
