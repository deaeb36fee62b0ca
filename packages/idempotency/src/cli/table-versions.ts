import { readdirSync, readFileSync } from 'node:fs'

/** From `src/cli` as well as from `dist/cli`. */
const folder = new URL('../../sql/', import.meta.url)

type TableVersion = { readonly version: number; readonly sql: string }

/** The steps to the newest version of the tables. The migrations of this repository's app contain the same statements. */
function tableVersions(): TableVersion[] {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
  return names.map((name) => ({
    version: Number.parseInt(name, 10),
    sql: readFileSync(new URL(name, folder), 'utf8'),
  }))
}

/** The number of the newest version. */
export function newestVersion(): number {
  return Math.max(...tableVersions().map(({ version }) => version))
}

/** SQL that upgrades the tables of that schema from a version, 0 for none, to the newest one. */
export function sqlFrom(from: number, schema: string): string {
  const name = quoted(schema)
  const missing = tableVersions().filter(({ version }) => version > from)
  const steps = missing.map(({ sql }) => sql.trim().replaceAll(/\bidem\./g, () => `${name}.`))
  return [
    ...(from === 0 ? [`create schema if not exists ${name};`] : []),
    ...steps,
    `comment on table ${name}.installation is '${versionComment(newestVersion())}';`,
    '',
  ].join('\n\n')
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Stored with the tables, so it survives a dump and does not depend on the tool that ran the SQL. */
function versionComment(version: number): string {
  return `idem tables ${version}`
}

/** The version in a comment; undefined for any other comment. */
export function versionOf(comment: string | null): number | undefined {
  const version = /^idem tables (\d+)$/.exec(comment ?? '')?.[1]
  return version === undefined ? undefined : Number(version)
}
