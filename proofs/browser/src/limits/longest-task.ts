import type { Page } from 'playwright-core'

type TraceEvent = {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  /** In microseconds. */
  readonly ts: number
  readonly dur?: number
  /** The CPU time of the thread. */
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

/**
 * The longest task of the page's main thread while it is used, in ms of CPU time: a busy machine
 * interrupts a task, and the time in between does not count. Nor does a task of the test itself, which
 * finds its elements in the page.
 */
export async function longestTask(page: Page, use: () => Promise<unknown>): Promise<number> {
  const browser = page.context().browser()
  if (browser === null) throw new Error('Expected a browser.')
  await browser.startTracing(page, { categories: ['devtools.timeline', 'toplevel'] })
  await use()
  const events = mainThread(JSON.parse((await browser.stopTracing()).toString()).traceEvents)
  const ofTest = events.filter(({ name }) => name === 'Receive mojo message')
  const tasks = events.filter(({ name, ph }) => name.endsWith('RunTask') && ph === 'X')
  if (tasks.length === 0) throw new Error('Expected tasks in the trace of the browser.')
  const ofPage = tasks.filter((task) => !ofTest.some((message) => contains(task, message)))
  return Math.max(0, ...ofPage.map(({ tdur = 0 }) => tdur / 1_000))
}

function mainThread(events: readonly TraceEvent[]): TraceEvent[] {
  const threads = events.filter(
    ({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain',
  )
  return events.filter(({ pid, tid }) => threads.some((one) => one.pid === pid && one.tid === tid))
}

/** Whether a task consists of the message; input comes by short messages too. */
function contains(task: TraceEvent, { ts, dur = 0, tdur = 0 }: TraceEvent): boolean {
  const isInside = ts >= task.ts && ts + dur <= task.ts + (task.dur ?? 0)
  return isInside && tdur > (task.tdur ?? 0) / 2
}
