import { act, createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, expectTypeOf, test } from 'vitest'
import type { Outbox } from '../outbox.ts'
import {
  allSettled,
  answered,
  createWorld,
  quiet,
  type Tab,
  type Words,
  words,
} from '../test-world.ts'
import { render } from './test-dom.ts'
import { useAnswers } from './use-answers.ts'
import { useOutbox } from './use-outbox.ts'

function Pending({ tab }: { tab: Tab }) {
  const { ready, entries } = useOutbox(tab)
  return ready ? entries.map(({ intent }) => intent.text).join(', ') || 'nothing' : 'reading'
}

function Reporting({ tab, onAnswer }: { tab: Tab; onAnswer: (answer: string) => void }) {
  useAnswers(tab, ({ intent, answer }) => onAnswer(`${intent.text} ${answer.version}`))
  return null
}

test('a component shows the pending entries, and renders again when one is answered', async () => {
  await using world = createWorld()
  let answer = () => {}
  world.serve = () =>
    new Promise((resolve) => {
      answer = () => resolve(answered(1))
    })
  const tab = world.open()
  await tab.add(words('milk')).written
  await using page = await render(createElement(Pending, { tab }))
  await act(async () => {
    await expect.poll(() => world.attempts.length).toBe(1)
    await quiet(tab)
  })
  expect(page.text()).toBe('milk')
  await act(async () => {
    answer()
    await allSettled(tab)
  })
  expect(page.text()).toBe('nothing')
})

test('during server rendering the snapshot is not ready', async () => {
  await using world = createWorld()
  const tab = world.open()
  await allSettled(tab)
  expect(renderToString(createElement(Pending, { tab }))).toBe('reading')
})

test('each answer is reported once, also for entries of an earlier page, and earlier answers are not', async () => {
  await using world = createWorld()
  const before = world.open()
  await before.add(words('early')).answer
  before.close()
  await before.add(words('milk')).written

  const tab = world.open()
  tab.close()
  const reported: string[] = []
  const page = (mark: string) =>
    createElement(Reporting, { tab, onAnswer: (answer) => reported.push(`${mark} ${answer}`) })
  await using rendered = await render(page('first'))
  await rendered.again(page('second'))
  tab.start()
  await allSettled(tab)
  await tab.add(words('bread')).answer
  await allSettled(tab)
  expect(reported).toEqual(['second milk 1', 'second bread 1'])
})

test('the snapshot has the types of the outbox', () => {
  const use = (outbox: Outbox<Words, { id: string }, { retry: 'never' }>) => useOutbox(outbox)
  expectTypeOf<ReturnType<typeof use>['entries'][number]['intent']>().toEqualTypeOf<Words>()
  expectTypeOf<ReturnType<typeof use>['settled'][number]['answer']>().toEqualTypeOf<{
    id: string
  }>()
})
