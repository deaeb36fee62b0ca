import { countDuplicate, fetchReplacement, noteHeldBack } from './client-fetch.ts'
import { createFaultyFetch, type Faults } from './faulty-fetch.ts'

const off: Faults = { dropsAnswers: false, sendsTwice: false, waits: false, isOffline: false }
let faults = off

const faultyFetch = createFaultyFetch({
  send: (input, init) => globalThis.fetch(input, init),
  faults: () => faults,
  onDuplicate: countDuplicate,
  onHeldBack: noteHeldBack,
})

/** The faults of this tab. A reload switches them off. */
export const lab = {
  faults: () => faults,
  subscribe: fetchReplacement.subscribe,
  set(fault: keyof Faults, isOn: boolean): void {
    faults = { ...faults, [fault]: isOn }
    const isAny = Object.values(faults).includes(true)
    fetchReplacement.set(isAny ? faultyFetch : undefined)
    // A browser whose network returns sends this event, and all that waits is sent at once.
    if (fault === 'isOffline' && !isOn) dispatchEvent(new Event('online'))
  },
}
