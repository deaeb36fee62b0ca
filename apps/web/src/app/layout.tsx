import type { Metadata, Viewport } from 'next'
import type { ReactNode } from 'react'
import { grounds, themeScript } from '../shell/theme.ts'
import '../style.css'

export const metadata: Metadata = {
  title: 'Todos',
  manifest: 'manifest.webmanifest',
  icons: { icon: { url: 'icon.svg', type: 'image/svg+xml', sizes: 'any' } },
  description: 'What is to be done. Each thing is written down once, however often it is sent.',
}

export const viewport: Viewport = {
  colorScheme: 'light dark',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: grounds.light },
    { media: '(prefers-color-scheme: dark)', color: grounds.dark },
  ],
}

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    // The script sets an attribute that React did not render.
    <html lang="en" suppressHydrationWarning>
      <head>
        <script dangerouslySetInnerHTML={{ __html: themeScript }} />
      </head>
      <body>{children}</body>
    </html>
  )
}
