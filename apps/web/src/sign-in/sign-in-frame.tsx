import type { ReactNode } from 'react'

export function SignInFrame({
  title,
  children,
}: {
  readonly title: string
  readonly children: ReactNode
}) {
  return (
    <main className="mx-auto max-w-[26rem] px-4 pt-8 pb-24 sm:pt-16">
      <h1 className="page-title">{title}</h1>
      {children}
    </main>
  )
}
