import type { TodoEntry, TodoSnapshot } from '../sending/intent.ts'

/** A person does not notice a shorter wait. */
const noticeableMs = 400

export type Status = {
  /** Announced by screen readers, so it does not tick. */
  readonly words: string
  /** Visible only: the part that ticks. */
  readonly aside?: string
  /** `reload`: refetch the list; `renew`: reload the page. */
  readonly action?: 'review' | 'retry' | 'reload' | 'renew'
}

export type ListState =
  | { readonly state: 'loading' }
  | { readonly state: 'current' }
  /** `asOf`: the request time of the shown list (ms), if any. */
  | { readonly state: 'unreachable' | 'refused'; readonly asOf: number | undefined }

type UnreadList = Exclude<ListState, { readonly state: 'loading' | 'current' }>

/** The overall state in one sentence. "Saved" only if the server confirmed everything. */
export function statusOf(
  snapshot: Pick<TodoSnapshot, 'ready' | 'entries' | 'durable' | 'newer'>,
  list: ListState,
  now: number,
): Status {
  const status = statusOfKnown(snapshot, list, now)
  const { length: count } = snapshot.newer
  if (count === 0) return status
  const newer = `${changes(count)} ${count === 1 ? 'needs' : 'need'} a newer page`
  const isQuiet = status.words === '' || status.words === saved
  return isQuiet
    ? { words: newer, action: 'renew' }
    : { ...status, words: `${status.words} · ${newer}` }
}

const saved = 'Saved'

function statusOfKnown(
  { ready, entries, durable }: Pick<TodoSnapshot, 'ready' | 'entries' | 'durable'>,
  list: ListState,
  now: number,
): Status {
  const asked = entries.filter(({ status }) => status.state === 'needs_person')
  const pending = entries.filter(({ status }) => status.state !== 'needs_person')
  const troubled = pending.filter((entry) => lastErrorOf(entry) !== undefined)

  if (asked.length > 0) return { words: askedWords(asked), action: 'review' }
  if (troubled.length > 0) return troubledStatus(pending, durable, now)
  if (pending.some((entry) => isNoticeable(entry, now))) return { words: 'Saving…' }
  if (list.state === 'unreachable' || list.state === 'refused') {
    return { words: unreadWords(list, now), action: 'reload' }
  }
  // Before the storage was read it may hold changes of an earlier page.
  const isSaved = ready && pending.length === 0 && list.state === 'current'
  return { words: isSaved ? saved : '' }
}

/** The state of one row in a word; empty when saved. */
export function rowText(entry: TodoEntry | undefined, now: number): string {
  if (entry === undefined || entry.status.state === 'needs_person') return ''
  if (entry.isDiscarding) return 'Discarding…'
  if (lastErrorOf(entry) !== undefined) return 'Waiting'
  return isNoticeable(entry, now) ? 'Saving…' : ''
}

/** The error of an entry that is sent again by itself. */
function lastErrorOf({ status, lastError }: TodoEntry) {
  return status.state === 'sending' || status.state === 'waiting' ? lastError : undefined
}

function isNoticeable(entry: TodoEntry, now: number): boolean {
  const age = now - entry.addedAt
  // Before the entry was added: the clock was set back, and the elapsed time is unknown.
  return age < 0 || age >= noticeableMs
}

function askedWords(asked: readonly TodoEntry[]): string {
  const { length: count } = asked
  const isRefused = asked.every(
    ({ status }) => status.state === 'needs_person' && status.question.kind === 'refused',
  )
  if (isRefused) return `The server refused ${changes(count)}`
  return `${changes(count)} ${count === 1 ? 'needs' : 'need'} a decision`
}

function changes(count: number): string {
  return `${count} ${count === 1 ? 'change' : 'changes'}`
}

function troubledStatus(pending: readonly TodoEntry[], durable: boolean, now: number): Status {
  const next = countdown(pending, now)
  const count = pending.length
  if (!durable) {
    const words = `Not saved yet, only kept in this page (${count})`
    return { words, aside: ` · Trying again${next}`, action: 'retry' }
  }
  const storage = pending.map(lastErrorOf).find((error) => error?.kind === 'storage')
  if (storage?.kind === 'storage') {
    const trouble = storage.isFull ? 'is full' : 'does not work'
    const words = `This device’s storage ${trouble} (${count})`
    return { words, aside: ` · Trying again${next}`, action: 'retry' }
  }
  // The server was reached and asked to wait, so the network is not the reason.
  if (pending.some((entry) => lastErrorOf(entry)?.kind === 'no_answer')) {
    const words = `Saved on this device, waiting for network (${count})`
    return { words, aside: ` · Trying again${next}`, action: 'retry' }
  }
  return { words: 'Trying again', aside: next, action: 'retry' }
}

function countdown(pending: readonly TodoEntry[], now: number): string {
  const times = pending.flatMap(({ status }) =>
    status.state === 'waiting' ? [status.retryAt] : [],
  )
  const seconds = Math.ceil((Math.min(...times) - now) / 1_000)
  return times.length === 0 || seconds <= 0 ? '…' : ` in ${seconds} s`
}

function unreadWords({ state, asOf }: UnreadList, now: number): string {
  const why = state === 'refused' ? 'The server cannot answer now' : 'Cannot reach the server'
  if (asOf === undefined) return why
  const then = new Date(asOf)
  const today = then.toDateString() === new Date(now).toDateString()
  const day = today
    ? ''
    : `${then.toLocaleDateString('en-GB', { day: 'numeric', month: 'long' })}, `
  return `${why} – list of ${day}${timeOf(asOf)}`
}

export function timeOf(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
}
