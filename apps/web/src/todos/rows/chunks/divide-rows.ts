import type { Row } from '../../list/merge-optimistic.ts'

/** Rows that the browser lays out together, when they come near the screen. */
export type Chunk = { readonly key: string; readonly rows: readonly Row[] }

/** The browser lays out few rows too many, and watches 80 chunks of a list of 2,000. */
const chunkSize = 25

/**
 * Divides a list into chunks. A row stays in its chunk while others are added and removed: React creates
 * a row anew if its parent changes, and a text that is being written in it would be gone.
 */
export function createDivision(): (rows: readonly Row[]) => Chunk[] {
  const numbers = new Map<string, number>()
  const sizes: number[] = []

  /** The chunk of the row behind it, which is older, until that is full. */
  function numberOf({ id }: Row, behind: number | undefined): number {
    const known = numbers.get(id)
    if (known !== undefined) return known
    const isFull = behind === undefined || (sizes[behind] ?? 0) >= chunkSize
    const number = isFull ? sizes.length : behind
    sizes[number] = (sizes[number] ?? 0) + 1
    numbers.set(id, number)
    return number
  }

  return function divide(rows) {
    const chunks: { key: string; number: number; rows: Row[] }[] = []
    for (const row of rows.toReversed()) {
      const last = chunks.at(-1)
      const number = numberOf(row, last?.number)
      if (number === last?.number) last.rows.push(row)
      else chunks.push({ key: keyOf(number, chunks), number, rows: [row] })
    }
    return chunks.reverse().map((chunk) => ({ ...chunk, rows: chunk.rows.reverse() }))
  }
}

/** A late row of another device may divide a chunk in two. */
function keyOf(number: number, chunks: readonly { number: number }[]): string {
  const before = chunks.filter((chunk) => chunk.number === number).length
  return before === 0 ? `${number}` : `${number} ${before}`
}
