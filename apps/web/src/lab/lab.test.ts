import { afterEach, expect, test, vi } from 'vitest'
import { lab } from './lab.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

test('the page learns that the network returns when the lab goes online, and only then', () => {
  const events: string[] = []
  vi.stubGlobal('dispatchEvent', ({ type }: Event) => events.push(type))
  lab.set('isOffline', true)
  lab.set('waits', true)
  lab.set('waits', false)
  expect(events).toEqual([])
  lab.set('isOffline', false)
  expect(events).toEqual(['online'])
})
