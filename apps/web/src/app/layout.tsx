import type { Metadata, Viewport } from 'next'
import type { ReactNode } from 'react'
import '../style.css'

export const metadata: Metadata = {
  title: 'Todos',
  description: 'What is to be done. Each thing is written down once, however often it is sent.',
}

export const viewport: Viewport = {
  colorScheme: 'light dark',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#fafaf8' },
    { media: '(prefers-color-scheme: dark)', color: '#14191c' },
  ],
}

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  )
}
