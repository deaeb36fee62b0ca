/** The text of `/metrics` in Prometheus' format. */
export type Scraped = {
  readonly status: number
  readonly text: string
  /** Names with a TYPE, with or without samples. */
  readonly types: ReadonlyMap<string, string>
  readonly samples: readonly Sample[]
  /** The sum of all samples with this name and these labels; undefined without any. */
  readonly value: (name: string, labels?: Labels) => number | undefined
}

export type Labels = Readonly<Record<string, string>>

export type Sample = { readonly name: string; readonly labels: Labels; readonly value: number }

export async function scrape(url: string): Promise<Scraped> {
  const response = await fetch(`${url}/metrics`)
  const text = await response.text()
  const lines = text.split('\n')
  const samples = lines.flatMap(sampleIn)
  return {
    status: response.status,
    text,
    types: new Map(lines.flatMap(typeIn)),
    samples,
    value(name, labels = {}) {
      const fitting = samples.filter((sample) => sample.name === name && has(sample, labels))
      return fitting.length === 0 ? undefined : fitting.reduce((sum, { value }) => sum + value, 0)
    },
  }
}

function has({ labels }: Sample, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value)
}

function sampleIn(line: string): Sample[] {
  const [, name, inner = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
  if (name === undefined) return []
  const labels = [...inner.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, of]) => [key, of])
  return [{ name, labels: Object.fromEntries(labels), value: Number(value) }]
}

function typeIn(line: string): [string, string][] {
  const [, name, type] = /^# TYPE (\w+) (\w+)$/.exec(line) ?? []
  return name === undefined || type === undefined ? [] : [[name, type]]
}
