import { storedItem } from '../account/installation-name.ts'

/** `system` follows the device. */
export type Theme = 'system' | 'light' | 'dark'

export const themes: readonly Theme[] = ['system', 'light', 'dark']

/** The ground of the page, which a browser shows around it. */
export const grounds = { light: '#fafaf8', dark: '#14191c' }

/**
 * Runs in the head of the page, before the first paint, so that the page never flashes in the other
 * colours. An inline script of the built page, so the server's policy allows it by its hash.
 */
export const themeScript = `try{(${applyTheme})(localStorage.getItem('todos '+document.documentElement.dataset.installation+' theme'),${JSON.stringify(grounds)})}catch{}`

/** Only its text is in the script, so it uses nothing of this file. */
function applyTheme(theme: string | null, colours: Record<string, string>): void {
  const { documentElement: root, head } = document
  const [own] = head.getElementsByClassName('theme-color')
  own?.remove()
  delete root.dataset.theme
  if (theme !== 'light' && theme !== 'dark') return
  root.dataset.theme = theme
  const meta = document.createElement('meta')
  Object.assign(meta, { className: 'theme-color', name: 'theme-color', content: colours[theme] })
  // The first one that matches counts, before those of the system's two themes.
  head.prepend(meta)
}

export function readTheme(): Theme {
  try {
    const kept = localStorage.getItem(item())
    return themes.find((theme) => theme === kept) ?? 'system'
  } catch {
    return 'system'
  }
}

/** Without storage it holds until the page is closed. */
export function chooseTheme(theme: Theme): void {
  applyTheme(theme, grounds)
  try {
    if (theme === 'system') localStorage.removeItem(item())
    else localStorage.setItem(item(), theme)
  } catch {}
}

/** The script of the head has its own form of it. */
function item(): string {
  return storedItem('theme')
}
