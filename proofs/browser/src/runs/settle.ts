import { eventually } from './eventually.ts'
import type { Run, Tab } from './run.ts'

/** The outbox waits at most a minute between two attempts, and here the person presses "Retry now". */
const patienceMs = 90_000

/** The network and the server work, and the person waits until every tab shows "Saved". */
export async function settle({ server, device, tabs, story }: Run): Promise<void> {
  story.push('everything is well again')
  await device.setOffline(false)
  await server.heal()
  for (const tab of tabs) await allSaved(tab)
}

async function allSaved({ screen }: Tab): Promise<void> {
  const { page, status } = screen
  const retry = page.getByRole('button', { name: 'Retry now' })
  // A request of the page that was lost before this moment is not repeated before its time-out.
  await page.evaluate(() => dispatchEvent(new Event('online')))
  const words = async () => {
    if (await retry.isVisible()) await retry.click({ timeout: 1_000 }).catch(() => undefined)
    return status.textContent()
  }
  // Where nothing has been saved, nothing is said.
  const is = (text: string | null) => text === 'Saved' || text === ''
  await eventually({ expected: 'the status "Saved"', read: words, is, mostMs: patienceMs })
  await screen.saved()
}
