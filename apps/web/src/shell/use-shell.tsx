import { type ComponentType, type ReactNode, useState, useSyncExternalStore } from 'react'
import { fetchReplacement } from '../lab/client-fetch.ts'
import type { TodoOutbox, TodoSnapshot } from '../todos/sending/intent.ts'
import { LabIcon, SyncIcon } from './icons.tsx'
import { PanelButton } from './panel-button.tsx'
import { ThemeSelect } from './theme-select.tsx'
import { useServiceWorker } from './use-service-worker.ts'

type Shell = { readonly buttons: ReactNode; readonly panels: ReactNode }
type Props = { readonly outbox: TodoOutbox; readonly snapshot: TodoSnapshot }

/** What surrounds the list: the buttons of the header, and the panels that they open. */
export function useShell({ outbox, snapshot }: Props): Shell {
  useServiceWorker()
  const sync = usePanel(() => import('../sync/sync-details.tsx').then((one) => one.SyncDetails))
  const lab = usePanel(() => import('../lab/network-lab.tsx').then((one) => one.NetworkLab))
  const { subscribe, isSet } = fetchReplacement
  const isLabOn = useSyncExternalStore(subscribe, isSet, () => false)

  return {
    buttons: (
      <>
        <PanelButton name="Sync details" panel={sync}>
          <SyncIcon />
        </PanelButton>
        <PanelButton name="Network lab" panel={lab} isOn={isLabOn}>
          <LabIcon />
        </PanelButton>
        <ThemeSelect />
      </>
    ),
    panels: (
      <>
        <Panel name="Network lab">{lab.Open && <lab.Open />}</Panel>
        <Panel name="Sync details">{sync.Open && <sync.Open {...{ outbox, snapshot }} />}</Panel>
      </>
    ),
  }
}

/** Loaded when it is opened, so that the first load of the page does not contain it. */
function usePanel<Props>(load: () => Promise<ComponentType<Props>>) {
  const [Open, setOpen] = useState<ComponentType<Props>>()
  return {
    Open,
    toggle(): void {
      if (Open) setOpen(undefined)
      // Without a network and without a kept page it stays closed; the next click tries again.
      else
        load().then(
          (Loaded) => setOpen(() => Loaded),
          () => undefined,
        )
    },
  }
}

function Panel({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  if (!children) return null
  return (
    <section
      ref={focusOnOpen}
      tabIndex={-1}
      aria-label={name}
      className="mb-4 print:hidden rounded-xl border border-line bg-raised px-4 py-3"
    >
      <h2 className="mb-1 font-semibold">{name}</h2>
      {children}
    </section>
  )
}

/** The panel is far from its button in the document, so a keyboard continues in the panel. */
function focusOnOpen(panel: HTMLElement | null): void {
  panel?.focus()
}
