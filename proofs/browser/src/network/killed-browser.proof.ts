import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { expect, test, vi } from 'vitest'
import { startOwnBrowser } from '../support/browser-process.ts'
import { serverWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test.for(['hold', 'hold_answer'] as const)(
  'a browser killed during a call (%s) and restarted creates one todo',
  async (kind) => {
    await using world = await serverWorld()
    await using folder = await temporaryFolder()
    await using before = await startOwnBrowser({ folder: folder.path, url: world.url })
    await before.screen.saved()
    const held = world.proxy.next('createTodo', kind)
    await before.screen.add('Buy milk')
    await held.struck
    await before.kill()
    await using after = await startOwnBrowser({ folder: folder.path, url: world.url })
    await after.screen.row('Buy milk').waitFor()
    await after.screen.saved()
    await held.release()
    const [first, second, ...rest] = world.proxy.passed('createTodo')
    expect(second).toEqual(first)
    expect(rest).toEqual([])
    expect(await after.screen.rows.count()).toBe(1)
    expect(await world.effects()).toEqual(['made Buy milk'])
  },
)
