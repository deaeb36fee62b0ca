import { useEffect, useState } from 'react'
import { countWaiting } from '../../account/waiting-changes.ts'
import { duplicatesOf, wasHeldBack } from '../../lab/client-fetch.ts'
import { Quoted } from '../../shell/quoted.tsx'
import type { Todos } from '../sending/create-todos.ts'
import type { TodoEntry, TodoOutbox, TodoSnapshot } from '../sending/intent.ts'
import { isFinal } from '../status/decision-text.ts'
import { useNow } from '../status/use-now.ts'
import {
  errorText,
  operationText,
  otherAccountsText,
  sentText,
  settledText,
  shortKey,
  stateText,
} from './sync-text.ts'

type Props = {
  readonly todos: Pick<Todos, 'account' | 'outbox'>
  readonly snapshot: TodoSnapshot
  readonly onDiscarded: (discarded: readonly TodoEntry[]) => void
}

/** Every change on its way, and those of the last day that are saved. */
export function SyncDetails({ todos, snapshot, onDiscarded }: Props) {
  const { account, outbox } = todos
  const { entries, settled, newer } = snapshot
  const now = useNow(entries.length > 0)
  const [problem, setProblem] = useState('')

  function decide(decision: Promise<unknown>): void {
    setProblem('')
    decision.catch(() => setProblem('Your decision could not be kept on this device.'))
  }

  return (
    <>
      <p role="alert" className="problem">
        {problem}
      </p>
      {entries.length === 0 ? (
        <p className="text-small text-quiet">Nothing is on its way.</p>
      ) : (
        <ul aria-label="On their way">
          {entries.slice(0, shownPending).map((entry) => (
            <Pending
              key={entry.id}
              entry={entry}
              now={now}
              onRetry={() => decide(retry(outbox, entry))}
              onDiscard={() => decide(discardFrom(outbox, entry).then(onDiscarded))}
            />
          ))}
        </ul>
      )}
      {entries.length > shownPending && (
        <p className="text-small text-quiet">And {entries.length - shownPending} more.</p>
      )}
      <OtherAccounts account={account} />
      {newer.length > 0 && (
        <p className="text-small text-quiet">
          Changes of a newer page, left for it: {newer.length}.
        </p>
      )}
      {settled.length > 0 && <History settled={settled.toReversed()} />}
    </>
  )
}

/** Only their number: what another person wrote is not shown. */
function OtherAccounts({ account }: Pick<Todos, 'account'>) {
  const [count, setCount] = useState(0)
  useEffect(() => void countWaiting(account).then(setCount), [account])
  return count > 0 && <p className="text-small text-quiet">{otherAccountsText(count)}</p>
}

/** The first of them are sent first; each shows a running time. */
const shownPending = 50

type Settled = TodoSnapshot['settled']

/** The number that fits on a phone, beside the list. */
const shownCount = 5

function History({ settled }: { readonly settled: Settled }) {
  const earlier = settled.slice(shownCount)
  return (
    <>
      <h3 className="mt-3 text-small font-semibold">Saved</h3>
      <SettledList name="Saved" settled={settled.slice(0, shownCount)} />
      {earlier.length > 0 && (
        <details>
          <summary className="min-h-11 cursor-pointer py-3 text-small text-quiet">
            Earlier ({earlier.length})
          </summary>
          <SettledList name="Saved earlier" settled={earlier} />
        </details>
      )}
    </>
  )
}

function SettledList({ name, settled }: { readonly name: string; readonly settled: Settled }) {
  return (
    <ul aria-label={name}>
      {settled.map((one) => (
        <li key={one.id} className="py-1 text-small">
          <span className="wrap-anywhere">
            <Quoted words={operationText(one.intent)} />
          </span>{' '}
          <span className="text-quiet">
            {settledText(one, sentOf(one))} · <ShortKey of={one} />
          </span>
        </li>
      ))}
    </ul>
  )
}

function sentOf({ key, attempts }: Settled[number]): string {
  return sentText(attempts + duplicatesOf(key), wasHeldBack(key) ? 'tried' : 'sent')
}

function ShortKey({ of: { key } }: { readonly of: { readonly key: string } }) {
  return <span className="whitespace-nowrap">key {shortKey(key)}</span>
}

type PendingProps = {
  readonly entry: TodoEntry
  readonly now: number
  readonly onRetry: () => void
  readonly onDiscard: () => void
}

function Pending({ entry, now, onRetry, onDiscard }: PendingProps) {
  const { id, key, intent, attempts, isDiscarding } = entry
  const sent = sentText(attempts + duplicatesOf(key), 'tried')
  const details = [stateText(entry, now), sent, errorText(entry)]
  const about = `sync-${id}`
  return (
    <li className="flex flex-wrap items-center gap-x-3 py-1 text-small">
      <div id={about} className="min-w-48 flex-1">
        <div className="wrap-anywhere">
          <Quoted words={operationText(intent)} />
        </div>
        <div className="text-quiet wrap-anywhere">
          {details.filter(Boolean).join(' · ')} · <ShortKey of={entry} />
        </div>
      </div>
      <div className="-mr-3 ml-auto">
        {!isFinal(entry) && (
          <button type="button" className="quiet-button" aria-describedby={about} onClick={onRetry}>
            Try again
          </button>
        )}
        {!isDiscarding && (
          <button
            type="button"
            className="quiet-button"
            aria-describedby={about}
            onClick={onDiscard}
          >
            Discard
          </button>
        )}
      </div>
    </li>
  )
}

/** Ends the wait of what is retried anyway. */
async function retry(outbox: TodoOutbox, { id, status }: TodoEntry): Promise<void> {
  if (status.state === 'needs_person') await outbox.retry(id)
  outbox.retryNow()
}

/** Discards an entry with those that wait behind it, last first, so that none of them is sent. */
async function discardFrom(outbox: TodoOutbox, entry: TodoEntry): Promise<readonly TodoEntry[]> {
  const same = outbox
    .getSnapshot()
    .entries.filter(({ orderingKey }) => orderingKey === entry.orderingKey)
  const first = same.findIndex(({ id }) => id === entry.id)
  // Gone meanwhile: it was answered.
  const discarded = first === -1 ? [] : same.slice(first).toReversed()
  for (const { id } of discarded) await outbox.discard(id)
  return discarded
}
