import { useEffect, useState } from 'react'
import { chooseTheme, readTheme, type Theme, themes } from './theme.ts'

const words: Record<Theme, string> = {
  system: 'System',
  light: 'Light',
  dark: 'Dark',
}

/** A select of the browser, which has all of its keys and names, under an icon. */
export function ThemeSelect() {
  // The page is built once for all devices, so the choice is read after the first paint.
  const [theme, setTheme] = useState<Theme>('system')
  useEffect(() => setTheme(readTheme()), [])

  function choose(value: string): void {
    const chosen = themes.find((one) => one === value) ?? 'system'
    setTheme(chosen)
    chooseTheme(chosen)
  }

  return (
    <div className="icon-button theme-icon relative has-focus-visible:outline-2 has-focus-visible:outline-accent">
      <select
        aria-label="Theme"
        title="Theme"
        className="absolute inset-0 cursor-pointer opacity-0"
        value={theme}
        onChange={({ target }) => choose(target.value)}
      >
        {themes.map((one) => (
          <option key={one} value={one} className="bg-raised text-ink">
            {words[one]}
          </option>
        ))}
      </select>
    </div>
  )
}
