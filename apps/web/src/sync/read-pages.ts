export type Cursored = { readonly nextCursor: string | null }
export type ReadPage<Page> = (cursor: string | undefined, signal: AbortSignal) => Promise<Page>

/** `pages` need not be read again. */
export type Wanted<Page> = { readonly pages: readonly Page[]; readonly count: number }

/** Reads until there are enough pages, or no more. */
export async function readPages<Page extends Cursored>(
  read: ReadPage<Page>,
  wanted: Wanted<Page>,
  signal: AbortSignal,
): Promise<readonly Page[]> {
  const pages = [...wanted.pages]
  while (pages.length < wanted.count) {
    const cursor = pages.at(-1)?.nextCursor
    if (cursor === null) break
    pages.push(await read(cursor, signal))
  }
  return pages
}
