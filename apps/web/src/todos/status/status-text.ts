import type { ListState } from '../list/use-todo-list.ts'
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

/** An error of the page itself. Refusals of the server are shown at their rows. */
export type PageError = { readonly about: 'field' | 'row'; readonly words: string }

type UnreadList = Extract<ListState, { readonly asOf: number | undefined }>

type Changes = Pick<TodoSnapshot, 'ready' | 'entries' | 'durable' | 'newer'>

/** The overall state in one sentence. It contains "Saved" only if the server confirmed everything. */
export function statusOf(snapshot: Changes, list: ListState, now: number): Status {
  const pending = pendingStatus(snapshot, now)
  const newer = newerWords(snapshot.newer.length)
  if (pending !== undefined) return { ...pending, words: joined([pending.words, newer]) }
  // Before the storage was read it may hold changes of an earlier page.
  const isSaved = snapshot.ready && snapshot.entries.length === 0 && newer === undefined
  const problem = listWords(list, now)
  const words = joined([isSaved ? 'Saved' : undefined, newer, problem])
  if (problem !== undefined) return { words, action: 'reload' }
  return newer === undefined ? { words } : { words, action: 'renew' }
}

/** Adds to the overall state that the server has a new release. Another action comes first. */
export function withNewVersion(status: Status, isOutdated: boolean): Status {
  if (!isOutdated) return status
  const words = [status.words, 'A new version is ready'].filter(Boolean).join(' · ')
  return { ...status, words, action: status.action ?? 'renew' }
}

/** Undefined if no change needs to be mentioned. */
function pendingStatus({ entries, durable }: Changes, now: number): Status | undefined {
  const asked = entries.filter(({ status }) => status.state === 'needs_person')
  const pending = entries.filter(({ status }) => status.state !== 'needs_person')
  const troubled = pending.filter((entry) => lastErrorOf(entry) !== undefined)

  if (asked.length > 0) return { words: askedWords(asked), action: 'review' }
  if (troubled.length > 0) return troubledStatus(pending, durable, now)
  return pending.some((entry) => isNoticeable(entry, now)) ? { words: 'Saving…' } : undefined
}

function newerWords(count: number): string | undefined {
  if (count === 0) return undefined
  return `${changes(count)} ${count === 1 ? 'needs' : 'need'} a newer page`
}

function listWords(list: ListState, now: number): string | undefined {
  switch (list.state) {
    case 'loading':
    case 'current':
      return undefined
    case 'partial':
      return 'The search is not complete'
    case 'unreachable':
    case 'refused':
      return unreadWords(list, now)
  }
}

function joined(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(' · ')
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
