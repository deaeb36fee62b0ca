import { Section } from '../section.tsx'
import { useAction } from '../use-action.ts'
import type { OwnPage } from '../use-own-account.ts'

export function ExportSection({ page }: { readonly page: OwnPage }) {
  const { message, run } = useAction(page)

  async function download(): Promise<void> {
    const begun = await run({ action: 'begin-export', done: 'The file goes to your downloads.' })
    if (begun !== undefined) followDownload(page.own.account)
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

/** The browser writes the answer to a file as it comes: a long list need not fit into the memory of the page. */
function followDownload(account: string): void {
  const link = document.createElement('a')
  link.href = `api/auth/export?account=${encodeURIComponent(account)}`
  link.download = ''
  link.click()
}
