import { useSyncExternalStore } from 'react'
import type { Faults } from './faulty-fetch.ts'
import { lab } from './lab.ts'

const switches: readonly (readonly [keyof Faults, string, string])[] = [
  ['dropsAnswers', 'Drop the answer', 'after the server saved it, twice for each change'],
  ['sendsTwice', 'Send everything twice', 'as a proxy or a browser may do'],
  ['waits', 'Wait 5 seconds', 'before each request'],
  ['isOffline', 'Go offline', 'only this tab'],
]

/** Breaks the network of this tab, so that a person sees what the promise is worth. */
export function NetworkLab() {
  const faults = useSyncExternalStore(lab.subscribe, lab.faults, lab.faults)
  return (
    <>
      <p className="text-small text-quiet">
        Breaks the network between this tab and the server, for trying it out. Add a todo and look
        at the sync details. A reload switches everything off.
      </p>
      <div className="mt-2">
        {switches.map(([fault, name, detail]) => (
          <label key={fault} className="flex min-h-11 cursor-pointer items-center gap-3 py-1">
            <input
              type="checkbox"
              className="size-5 shrink-0"
              checked={faults[fault]}
              onChange={({ target }) => lab.set(fault, target.checked)}
            />
            <span>
              {name} <span className="text-small text-quiet">{detail}</span>
            </span>
          </label>
        ))}
      </div>
    </>
  )
}
