import { serverError } from '../support/canned-refusals.ts'
import { openTab } from './interrupt.ts'
import type { Run } from './run.ts'
import { settle } from './settle.ts'

const fortyDaysMs = 40 * 86_400_000
const operations = ['createTodo', 'updateTodo', 'deleteTodo', 'restoreTodo'] as const
/** Each trouble begins and ends once in so many steps. */
const period = 5

/** Before each step: the trouble of this run begins or ends, and held requests continue. */
export async function disturb(run: Run, step: number): Promise<void> {
  const { server, random, tabs, story } = run
  if (step % 2 === 0) server.release()
  if (step % period === 1) await begin(run, step)
  if (step % period === 4) await end(run)
  if (tabs.length === 1 && random.percent(15)) {
    story.push('the page is opened in a second tab')
    tabs.push({ screen: await openTab(run), undoable: [] })
  }
}

async function begin(run: Run, step: number): Promise<void> {
  const { trouble, server, device, story } = run
  switch (trouble) {
    case 'a failing server':
      story.push('the server fails at every change')
      for (const operation of operations) server.always(operation, serverError)
      return
    case 'a killed server':
      story.push('the server is killed')
      return server.kill()
    case 'no network':
      story.push('the device is offline')
      return device.setOffline(true)
    case 'a clock that jumps': {
      const byMs = step < period ? fortyDaysMs : -fortyDaysMs
      story.push(`the clock is set ${byMs / 86_400_000} days ahead`)
      await device.setClock(byMs)
      for (const { screen } of run.tabs) await screen.refetch()
      return
    }
    case 'cleared storage':
      return clear(run)
    case 'lost answers':
    case 'cut requests':
    case 'a busy proxy':
    case 'closed tabs':
    case 'a killed browser':
    case 'a clock that is ahead':
    case 'a clock that is behind':
  }
}

async function end({ trouble, server, device, story }: Run): Promise<void> {
  if (trouble === 'a failing server') {
    story.push('the server is well')
    for (const operation of operations) server.always(operation, undefined)
  }
  if (trouble === 'a killed server') {
    story.push('the server is started again')
    await server.restart()
  }
  if (trouble === 'no network') {
    story.push('the device is online')
    await device.setOffline(false)
  }
}

/** Only while nothing is pending: unsent entries would be lost with the storage. */
async function clear(run: Run): Promise<void> {
  const [tab] = run.tabs
  if (tab === undefined) return
  await settle(run)
  await run.ledger.learn(tab.screen)
  run.story.push('the storage is cleared')
  await run.device.clearStorage(tab.screen)
}
