import { mkdirSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import AxeBuilder from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { expect, test, vi } from 'vitest'
import { accountStates } from '../pictures/account-states.ts'
import { states } from '../pictures/states.ts'
import { accountsWorld } from '../support/accounts-world.ts'
import { animationsEnd } from '../support/animations-end.ts'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 300_000 })

/** axe takes a second for each, and more on a busy machine. */
const patience = { timeout: 60_000 }
/** Colours change nothing that the other rules of axe look at. */
const colours = [
  { colorScheme: 'light', forcedColors: 'none', rules: undefined },
  { colorScheme: 'dark', forcedColors: 'none', rules: ['color-contrast'] },
  { colorScheme: 'light', forcedColors: 'active', rules: ['color-contrast'] },
] as const
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

/** What axe finds. */
async function obstacles(page: Page): Promise<object[]> {
  const found: object[] = []
  for (const { rules, ...media } of colours) {
    await page.emulateMedia(media)
    // A text that is fading in has less contrast than the one a person reads.
    await animationsEnd(page)
    // The other mode opens a blank page for each look, which takes as long as the look. It is for frames.
    const axe = new AxeBuilder({ page }).setLegacyMode()
    const { violations } = await (rules ? axe.withRules([...rules]) : axe).analyze()
    for (const { id, nodes } of violations) {
      found.push({ ...media, id, where: nodes.map(({ html }) => html) })
    }
  }
  return found
}
