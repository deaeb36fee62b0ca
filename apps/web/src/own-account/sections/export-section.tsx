import { Section } from '../section.tsx'
import { useAction } from '../use-action.ts'
import type { OwnPage } from '../use-own-account.ts'

export function ExportSection({ page }: { readonly page: OwnPage }) {
  const { message, run } = useAction(page)

  async function download(): Promise<void> {
    const text = await run({ action: 'export', done: 'The file is in your downloads.' })
    if (text !== undefined) saveAsFile(text)
  }

  return (
    <Section title="Export" message={message}>
      <p className="mb-4 text-small text-quiet">
        All your todos as a file, without the deleted ones. Another installation can import it.
      </p>
      <button type="button" className="plain-button" onClick={download}>
        Download the todos
      </button>
    </Section>
  )
}

function saveAsFile(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `todos-${new Date().toISOString().slice(0, 10)}.json`
  link.click()
  URL.revokeObjectURL(url)
}
