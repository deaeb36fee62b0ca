import { Icon } from '../todos/page/icons.tsx'

export function ThemeIcon() {
  return (
    <Icon>
      <circle cx="10" cy="10" r="6.5" />
      <path d="M10 3.5v13a6.5 6.5 0 0 0 0-13z" fill="currentColor" />
    </Icon>
  )
}

export function SyncIcon() {
  return (
    <Icon>
      <path d="M15.5 7.5A6 6 0 0 0 4.6 7M4.5 3.5V7H8M4.5 12.5A6 6 0 0 0 15.4 13M15.5 16.5V13H12" />
    </Icon>
  )
}

export function LabIcon() {
  return (
    <Icon>
      <path d="M7.5 3.5h5M8.5 3.5v4.6l-4 6.7a1.2 1.2 0 0 0 1 1.7h9a1.2 1.2 0 0 0 1-1.7l-4-6.7V3.5M6.4 12h7.2" />
    </Icon>
  )
}
