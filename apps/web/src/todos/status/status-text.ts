import { needsSignIn } from '../../sync/needs-sign-in.ts'
import type { ListState } from '../list/use-todo-list.ts'
import type { TodoEntry, TodoSnapshot } from '../sending/intent.ts'

/** A person does not notice a shorter wait. */
const noticeableMs = 400

export type Status = {
  /** Announced by screen readers, so it does not tick. */
  readonly words: string
  /** Visible only: the part that ticks. */
  readonly aside?: string
  /** Something is lost when the page is closed. */
  readonly isAlarm?: true
  /** `reload`: refetch the list; `renew`: reload the page. */
  readonly action?: 'review' | 'retry' | 'reload' | 'renew' | 'sign_in'
}

/** An error of the page itself. Refusals of the server are shown at their rows. */
export type PageError = { readonly about: 'field' | 'row'; readonly words: string }

type UnreadList = Extract<ListState, { readonly asOf: number | undefined }>

type Changes = Pick<TodoSnapshot, 'ready' | 'entries' | 'durable' | 'newer' | 'settled'>

/** The overall state in one sentence. It contains "Saved" only if the server confirmed everything. */
export function statusOf(snapshot: Changes, list: ListState, now: number): Status {
  const pending = pendingStatus(snapshot, now)
  const newer = newerWords(snapshot.newer.length)
  if (pending !== undefined) return { ...pending, words: joined([pending.words, newer]) }
  // Before the storage was read it may hold changes of an earlier page.
  const isSaved = snapshot.ready && snapshot.entries.length === 0 && newer === undefined
  const problem = listWords(list, now)
  // On a first visit there is nothing that could be saved.
  const isUnused = snapshot.settled.length === 0 && 'isEmpty' in list && list.isEmpty
  const words = joined([isSaved && !isUnused ? 'Saved' : undefined, newer, problem])
  if (problem !== undefined) {
    return { words, action: list.state === 'signed_out' ? 'sign_in' : 'reload' }
  }
  return newer === undefined ? { words } : { words, action: 'renew' }
}

/** Adds to the overall state that the server has a new release. Another action comes first. */
export function withNewVersion(status: Status, isOutdated: boolean): Status {
  if (!isOutdated) return status
  const words = [status.words, 'A new version is ready'].filter(Boolean).join(' · ')
  return { ...status, words, action: status.action ?? 'renew' }
}

/** Undefined if no change needs to be mentioned. */
function pendingStatus(snapshot: Changes, now: number): Status | undefined {
  const { ready, entries, durable } = snapshot
  const asked = entries.filter(({ status }) => status.state === 'needs_person')
  const pending = entries.filter(({ status }) => status.state !== 'needs_person')
  const troubled = pending.filter((entry) => lastErrorOf(entry) !== undefined)

  // Until the storage was read it is not known whether there is one.
  if (ready && !durable && entries.some((entry) => isNoticeable(entry, now))) {
    return memoryStatus(entries, now)
  }
  const trouble = troubled.length > 0 ? troubleOf(pending) : undefined
  if (asked.length > 0) {
    return { words: joined([askedWords(asked.length), trouble?.short]), action: 'review' }
  }
  if (trouble?.isSignedOut) return { words: trouble.words, action: 'sign_in' }
  if (trouble !== undefined) {
    const aside = `${trouble.isTrying ? '' : ' · Trying again'}${countdown(pending, now)}`
    return { words: trouble.words, aside, action: 'retry' }
  }
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
    case 'signed_out':
      return 'Signed out'
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

function askedWords(count: number): string {
  return `${changes(count)} ${count === 1 ? 'needs' : 'need'} your decision`
}

function changes(count: number): string {
  return `${count} ${count === 1 ? 'change' : 'changes'}`
}

/** Before all else: a decision can wait, but the page must not be closed. */
function memoryStatus(entries: readonly TodoEntry[], now: number): Status {
  const words = `Not saved: closing this page loses ${changes(entries.length)}`
  const isWaiting = entries.some(({ status }) => status.state === 'waiting')
  const next = isWaiting ? ` · Trying again${countdown(entries, now)}` : undefined
  return { words, isAlarm: true, action: 'retry', ...(next && { aside: next }) }
}

type Trouble = {
  readonly words: string
  /** Beside something that comes first. */
  readonly short: string
  /** The words say that it is tried again. */
  readonly isTrying?: true
  /** A person has to sign in first. */
  readonly isSignedOut?: true
}

/** Why changes that are sent by themselves are not saved yet. */
function troubleOf(pending: readonly TodoEntry[]): Trouble {
  const count = pending.length
  const storage = pending.map(lastErrorOf).find((error) => error?.kind === 'storage')
  if (storage?.kind === 'storage') {
    const trouble = storage.isFull ? 'is full' : 'does not work'
    return {
      words: `This device’s storage ${trouble} (${count})`,
      short: `${count} waiting, as this device’s storage ${trouble}`,
    }
  }
  const short = `${count} waiting for the server`
  const signedOut = pending.map(signInWords).find((words) => words !== undefined)
  if (signedOut !== undefined) {
    return {
      words: `${signedOut}. Sign in to send ${changes(count)}.`,
      short,
      isSignedOut: true,
    }
  }
  // The server was reached and asked to wait, so the network is not the reason.
  if (pending.some((entry) => lastErrorOf(entry)?.kind === 'no_answer')) {
    return {
      words: `Saved on this device, waiting for network (${count})`,
      short: `${count} waiting for network`,
    }
  }
  return { words: 'Trying again', short, isTrying: true }
}

/** Why an entry waits until its account has signed in. */
function signInWords(entry: TodoEntry): string | undefined {
  const error = lastErrorOf(entry)
  if (error?.kind !== 'refused' || !needsSignIn(error.refusal)) return undefined
  return error.refusal.code === 'other_account' ? 'Another account is signed in' : 'Signed out'
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
