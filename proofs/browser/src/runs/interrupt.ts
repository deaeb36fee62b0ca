import type { Run, Tab } from './run.ts'

export type Interruption = (run: Run, tab: Tab) => Promise<void>

/** An event that interrupts the page during a request; usually none. */
export function interruption({ random, trouble }: Run): Interruption | undefined {
  if (trouble === 'a killed browser' && random.percent(35)) return crash
  if (!random.percent(trouble === 'closed tabs' ? 60 : 15)) return undefined
  return random.percent(50) ? reload : reopen
}

const reload: Interruption = async (run, tab) => {
  run.story.push('the tab is reloaded')
  const isLoaded = await tab.screen.page.reload().then(
    () => true,
    () => false,
  )
  tab.undoable = []
  if (!isLoaded) await reopen(run, tab)
}

const reopen: Interruption = async (run, tab) => {
  run.story.push('the tab is closed, and the page is opened in another')
  await tab.screen.page.close()
  await openIn(run, tab)
}

const crash: Interruption = async (run, tab) => {
  run.story.push('the browser is killed and started again')
  await run.device.crash()
  run.tabs.splice(0, run.tabs.length, tab)
  await openIn(run, tab)
}

async function openIn(run: Run, tab: Tab): Promise<void> {
  tab.screen = await openTab(run)
  tab.undoable = []
}

/** Without a network the page comes from the device. A browser that was killed may not have it yet. */
export async function openTab({ device, server, story }: Run) {
  try {
    return await device.open()
  } catch {
    story.push('the page cannot be opened without a server, and waits for it')
    await device.setOffline(false)
    await server.restart()
    return device.open()
  }
}
