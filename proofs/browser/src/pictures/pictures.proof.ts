import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { expect, test, vi } from 'vitest'
import { animationsEnd } from '../support/animations-end.ts'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 120_000 })

/** `npm run screenshots` writes the pictures of the documentation; other runs leave them alone. */
const folder = fileURLToPath(
  new URL(
    process.env.IDEM_PICTURES ? '../../../../docs/pictures' : '../../screenshots/docs',
    import.meta.url,
  ),
)
/** All pictures together are smaller than one photo. */
const mostBytes = 900_000
const desktop = { viewport: { width: 720, height: 600 }, deviceScaleFactor: 2 }
const phone = { viewport: { width: 375, height: 700 }, deviceScaleFactor: 2 }

const titles = [
  'Renew the passport',
  'Call the plumber about the kitchen tap, which has been dripping since last week',
  'Answer Ada',
  'Buy milk',
]

test.for([
  { name: 'list-light', colorScheme: 'light', ...desktop },
  { name: 'list-dark', colorScheme: 'dark', ...desktop },
  { name: 'phone-light', colorScheme: 'light', ...phone },
  { name: 'phone-dark', colorScheme: 'dark', ...phone },
] as const)('the documentation shows the list: $name', async ({ name, ...device }) => {
  await using world = await browserWorld(device)
  const { screen } = world
  for (const title of titles) await screen.add(title)
  await screen.completeBox('Answer Ada').check()
  await screen.saved()
  await screen.page.reload()
  await screen.saved()
  await still(screen.page, name)
})

test('the documentation shows the sync details offline', async () => {
  await using world = await browserWorld({ ...desktop, colorScheme: 'light' })
  const { screen, context, proxy } = world
  const { page } = screen
  for (let lost = 0; lost < 2; lost += 1) proxy.next('createTodo', 'cut_midway')
  await screen.add('Renew the passport')
  await screen.saved()
  await context.setOffline(true)
  for (const title of ['Answer Ada', 'Buy milk']) await screen.add(title)
  await page.getByRole('button', { name: 'Sync details' }).click()
  await page.getByText('no answer').nth(1).waitFor()
  await page.getByRole('heading', { name: 'Todos' }).click()
  await still(page, 'sync-details')
})

test('the documentation shows the network lab: sent 3 times, saved once', async () => {
  await using world = await browserWorld({
    viewport: { width: 720, height: 560 },
    deviceScaleFactor: 1.5,
    colorScheme: 'light',
  })
  const { screen } = world
  const { page } = screen
  const film = new Film(page)
  await film.take(1_200)
  await page.getByRole('button', { name: 'Network lab' }).click()
  await page.getByRole('checkbox', { name: 'Drop the answer' }).waitFor()
  await film.take(1_400)
  await page.getByRole('checkbox', { name: 'Drop the answer' }).check()
  await film.take(1_600)
  await page.getByRole('button', { name: 'Network lab' }).click()
  await page.getByRole('button', { name: 'Sync details' }).click()
  await page.getByText('Nothing is on its way.').waitFor()
  await screen.field.focus()
  await film.take(800)
  for (const part of ['Buy', ' milk']) {
    await screen.field.pressSequentially(part)
    await film.take(400)
  }
  await screen.field.press('Enter')
  for (const words of ['no answer', 'tried 2 times', 'sent 3 times, saved once']) {
    await page.getByText(words).waitFor()
    await film.take(1_400)
  }
  await screen.saved()
  await film.take(4_000)
  await film.write('network-lab')
  expect(await world.effects()).toEqual(['made Buy milk'])
})

test('the pictures are small', async () => {
  const names = [
    'list-light',
    'list-dark',
    'phone-light',
    'phone-dark',
    'sync-details',
    'network-lab',
  ]
  const bytes = names.map((name) => statSync(fileOf(name)).size)
  console.log(Object.fromEntries(names.map((name, at) => [name, bytes[at]])))
  expect(bytes.reduce((sum, size) => sum + size)).toBeLessThan(mostBytes)
})

async function still(page: Page, name: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await sharp(await shot(page))
    .webp({ lossless: true, effort: 6 })
    .toFile(fileOf(name))
}

class Film {
  readonly #page: Page
  readonly #frames: Buffer[] = []
  readonly #delays: number[] = []

  constructor(page: Page) {
    this.#page = page
  }

  async take(shownMs: number): Promise<void> {
    this.#frames.push(await shot(this.#page))
    this.#delays.push(shownMs)
  }

  async write(name: string): Promise<void> {
    mkdirSync(folder, { recursive: true })
    await sharp(this.#frames, { join: { animated: true } })
      .webp({ lossless: true, effort: 6, loop: 0, delay: this.#delays })
      .toFile(fileOf(name))
  }
}

async function shot(page: Page): Promise<Buffer> {
  await animationsEnd(page)
  return page.screenshot({ caret: 'hide' })
}

function fileOf(name: string): string {
  return join(folder, `${name}.webp`)
}
