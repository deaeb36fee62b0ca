import { ask } from '../servers/bench-database.ts'

/** The number of rows that a server acknowledged. */
export type Tally = {
  readonly url: string
  /** Names as SQL writes them, such as `idem.idempotency_record`. */
  readonly tables: readonly string[]
  readonly acknowledged: number
  /** Requests whose answer was an error: nobody knows whether they had their effect. */
  readonly unknown?: number
}

/** Fewer rows than acknowledged: the server was fast at something else. More rows: it executed creates twice. */
export async function checkRows({ url, tables, acknowledged, unknown = 0 }: Tally): Promise<void> {
  for (const table of tables) {
    const [row] = await ask(url, `select count(*)::int as rows from ${table}`)
    const rows = Number(row?.rows)
    if (rows < acknowledged || rows > acknowledged + unknown) {
      throw new Error(`${acknowledged} creates were acknowledged, but ${table} has ${rows} rows.`)
    }
  }
}
