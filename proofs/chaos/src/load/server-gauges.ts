import { setTimeout as pause } from 'node:timers/promises'

export type Probe = { readonly status: number; readonly ms: number }

/** Asks every 200 ms whether the server is ready. */
export async function probe(url: string, signal: AbortSignal): Promise<Probe[]> {
  const answers: Probe[] = []
  while (!signal.aborted) {
    const asked = performance.now()
    const { status } = await fetch(`${url}/readyz`)
    answers.push({ status, ms: performance.now() - asked })
    await pause(200)
  }
  return answers
}

/** The sum of a metric over the series whose labels match. */
export async function metricOf(url: string, name: string, labels = ''): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const lines = text.split('\n').filter((line) => line.startsWith(name) && line.includes(labels))
  if (lines.length === 0) throw new Error(`The server shows no metric ${name} with ${labels}.`)
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

export async function memoryMb(url: string): Promise<number> {
  return Math.round((await metricOf(url, 'process_resident_memory_bytes')) / 1_048_576)
}
