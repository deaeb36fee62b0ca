import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { PanelButton } from './panel-button.tsx'

const panel = { Open: undefined, button: { current: null }, toggle: () => undefined }

test('a button keeps its name while something behind it is on, and its description says so', () => {
  const button = (isOn: boolean) =>
    renderToStaticMarkup(
      <PanelButton name="Network lab" icon="lab-icon" panel={panel} isOn={isOn} />,
    )
  expect(button(false)).toContain('aria-label="Network lab"')
  expect(button(false)).not.toContain('aria-describedby')
  expect(button(true)).toContain('aria-label="Network lab"')
  const description = /aria-describedby="([^"]+)"/.exec(button(true))?.[1]
  expect(button(true)).toMatch(new RegExp(`<span id="${description}"[^>]*>on</span>`))
})
