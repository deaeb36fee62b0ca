import { type ReactNode, useId } from 'react'

export type Message = { readonly kind: 'done' | 'problem'; readonly words: string }

type Props = {
  readonly title: string
  readonly message?: Message | undefined
  readonly children: ReactNode
}

/** One thing that a person can change, and how it went. */
export function Section({ title, message, children }: Props) {
  const id = useId()
  const words = (kind: Message['kind']) => (message?.kind === kind ? message.words : undefined)
  return (
    <section className="border-t border-line py-6" aria-labelledby={id}>
      <h2 id={id} className="mb-2 font-semibold">
        {title}
      </h2>
      {children}
      {/* Both from the first paint, so that screen readers announce their changes. */}
      <p role="status" className="done">
        {words('done')}
      </p>
      <p role="alert" className="problem">
        {words('problem')}
      </p>
    </section>
  )
}
