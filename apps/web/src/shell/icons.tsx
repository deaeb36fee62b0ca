import type { ReactNode } from 'react'

/** One set: 20 px, strokes of 1.5 px. The button around an icon has the name. */
function Icon({ children }: { readonly children: ReactNode }) {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 20 20"
      className="size-(--icon-size)"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {children}
    </svg>
  )
}

export function KeyboardIcon() {
  return (
    <Icon>
      <path d="M3.5 5h13a1.5 1.5 0 0 1 1.5 1.5v7a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 2 13.5v-7A1.5 1.5 0 0 1 3.5 5zM5 8h.01M8.3 8h.01M11.7 8h.01M15 8h.01M5 12h.01M15 12h.01M8 12h4" />
    </Icon>
  )
}

export function SearchIcon() {
  return (
    <Icon>
      <path d="M8.8 14.5a5.7 5.7 0 1 0 0-11.4 5.7 5.7 0 0 0 0 11.4zM13 13l3.8 3.8" />
    </Icon>
  )
}

export function ThemeIcon() {
  return (
    <Icon>
      <circle cx="10" cy="10" r="6.5" />
      <path d="M10 3.5v13a6.5 6.5 0 0 0 0-13z" fill="currentColor" />
    </Icon>
  )
}

export function DeletedIcon() {
  return (
    <Icon>
      <path d="M3.5 5.5h13M8 5.5v-2h4v2M5.5 5.5l.7 11h7.6l.7-11M8 12l2-2.2 2 2.2M10 10v4" />
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
