import { type ReactNode, useSyncExternalStore } from 'react'
import { fetchReplacement } from '../../lab/client-fetch.ts'
import { LabIcon, SyncIcon } from '../../shell/icons.tsx'
import { Panel, usePanel } from '../../shell/panel.tsx'
import { PanelButton } from '../../shell/panel-button.tsx'
import { ThemeSelect } from '../../shell/theme-select.tsx'
import type { TodoOutbox, TodoSnapshot } from '../sending/intent.ts'

type Panels = { readonly buttons: ReactNode; readonly panels: ReactNode }
type Props = { readonly outbox: TodoOutbox; readonly snapshot: TodoSnapshot }

/** The buttons of the header, and the panels that they open. */
export function usePanels({ outbox, snapshot }: Props): Panels {
  const sync = usePanel(() => import('../details/sync-details.tsx').then((one) => one.SyncDetails))
  const lab = usePanel(() => import('../../lab/network-lab.tsx').then((one) => one.NetworkLab))
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
        <Panel name="Network lab" onClose={lab.close}>
          {lab.Open && <lab.Open />}
        </Panel>
        <Panel name="Sync details" onClose={sync.close}>
          {sync.Open && <sync.Open {...{ outbox, snapshot }} />}
        </Panel>
      </>
    ),
  }
}
