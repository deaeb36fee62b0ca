import { mkdirSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { expect, test, vi } from 'vitest'
import { accountStates } from '../pictures/account-states.ts'
import { states } from '../pictures/states.ts'
import { accountsWorld } from '../support/accounts-world.ts'
import { browserWorld } from '../support/browser-world.ts'
import { obstacles } from '../support/obstacles.ts'

vi.setConfig({ testTimeout: 300_000 })

/** axe takes a second for each, and more on a busy machine. */
const patience = { timeout: 60_000 }
/** The last one has so many rows that nobody would read its tree. */
const reviewed = states.filter(([state]) => state !== '200-rows')

test('each state of the page is accessible in all colours, and has the tree that was reviewed', async () => {
  await using world = await browserWorld()
  const { page } = world.screen
  for (const [state, show] of reviewed) {
    await show(world)
    await review(page, state)
  }
})

test('each state of signing in is accessible in all colours, and has the tree that was reviewed', async () => {
  await using world = await accountsWorld()
  const page = await world.openPage()
  for (const [state, show] of accountStates) {
    await show(world, page)
    await review(page, state)
  }
})

async function review(page: Page, state: string): Promise<void> {
  await expect.poll(() => obstacles(page), { ...patience, message: state }).toEqual([])
  if (process.env.IDEM_PICTURES) keep(state, await treeOf(page, state))
  const expected = await readFile(fileOf(state), 'utf8')
  await expect.poll(() => treeOf(page, state), { ...patience, message: state }).toBe(expected)
}

/** They are there for some seconds. */
const undoLines =
  /^ *- (paragraph: "?(Added|Changed|Completed|Reopened|Deleted|Restored|Undone:|Redone:) .*“.*|button "(Undo|Redo).*)\n/gm

/** What a screen reader is told, less what differs from run to run. */
async function treeOf(page: Page, state: string): Promise<string> {
  const tree = await page.locator('body').ariaSnapshot()
  const steady = (state === 'undo' ? tree : tree.replaceAll(undoLines, ''))
    .replaceAll(/\d\d:\d\d/g, 'hh:mm')
    .replaceAll(/(The new key|The link)": .*/g, '$1": …')
    .replaceAll(/(\b[A-Z2-7]{4} ){7}[A-Z2-7]{4}\b/g, '…')
    .replaceAll(/otpauth:.*/g, 'otpauth:…')
    .replaceAll(/key [\da-f]{8}/g, 'key …')
    .replaceAll(/again in \d+ s/g, 'again in … s')
    .replaceAll(/\b(sent|tried) (once|\d+ times)/g, '$1 … times')
    // Todos that were sent together are answered in any order.
    .replaceAll(/listitem: Add “.*” (sent|tried)/g, 'listitem: Add “…” $1')
  return `${steady}\n`
}

/** `npm run screenshots` writes the trees too; whoever commits them has read them. */
function keep(state: string, tree: string): void {
  mkdirSync(dirname(fileOf(state)), { recursive: true })
  writeFileSync(fileOf(state), tree)
}

function fileOf(state: string): string {
  return fileURLToPath(new URL(`trees/${state}.txt`, import.meta.url))
}
