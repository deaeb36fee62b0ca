import type { RefusalCode } from '@idem/contract/refusal'
import type { Question } from '@idem/outbox'
import type { Row } from '../list/merge-optimistic.ts'
import type { Intent, TodoRefusal } from '../sending/intent.ts'
import { never } from '../sending/never.ts'
import { isStuck } from './is-stuck.ts'

/** The text and the actions of an entry that needs a decision. */
export type Decision = { readonly words: string; readonly actions: readonly Action[] }
/** `keep_mine`: the same change on the version that is shown, or a new todo if it is deleted. */
export type Action = 'keep_mine' | 'try_again' | 'discard'

type Asked = Pick<Row, 'entry' | 'version' | 'isMissing'>

/** Undefined while no decision is needed. */
export function decisionOf(row: Asked): Decision | undefined {
  const { entry } = row
  if (entry === undefined) return undefined
  const { status, intent } = entry
  if (status.state === 'needs_person') {
    if (entry.isDiscarding) return notDiscarded(status.question)
    return asked(row, intent, status.question)
  }
  if (entry.isDiscarding || !isStuck(entry)) return undefined
  const words = `The server has failed at this ${entry.attempts} times. It is still being tried.`
  return { words, actions: ['discard'] }
}

function asked(row: Asked, intent: Intent, question: Question<TodoRefusal>): Decision {
  const isText = intent.operation === 'updateTodo' || intent.operation === 'restoreTodo'
  const isLost = row.isMissing === true && isText
  switch (question.kind) {
    case 'refused': {
      const { code = unmarked } = question.refusal
      if (isLost) return { words: 'The server no longer has its todo.', actions: keepMine }
      return { words: refusalWords(intent, code), actions: actionsFor(row, intent, code) }
    }
    case 'restored':
      if (isLost) return { words: lostByRestore, actions: keepMine }
      return {
        words: 'The server was restored from a backup. It may not have this change.',
        actions: ['try_again', 'discard'],
      }
    case 'other_account':
      return { words: accountWords(question.account), actions: ['discard'] }
  }
  return never(question)
}

const lostByRestore = 'Its todo was lost when the server was restored from a backup.'
const keepMine: readonly Action[] = ['keep_mine', 'discard']

function actionsFor({ version }: Asked, { operation }: Intent, code: string): readonly Action[] {
  const isRepeatable = operation === 'updateTodo' || operation === 'restoreTodo'
  if (isRepeatable && (otherVersion.has(code) || code === 'not_found')) return keepMine
  // The todo stands at another version, or a new key would have been minted: the old one never helps.
  const isChanged = operation === 'updateTodo' && version !== undefined && outside.has(code)
  if (isChanged) return keepMine
  return final.has(code) ? ['discard'] : ['try_again', 'discard']
}

function notDiscarded(question: Question<TodoRefusal>): Decision {
  switch (question.kind) {
    case 'refused': {
      const words = `The server did not discard this (${question.refusal.code ?? unmarked}).`
      return { words, actions: ['try_again'] }
    }
    case 'restored':
      return { words: 'The server was restored from a backup.', actions: ['try_again'] }
    case 'other_account':
      return {
        words: `${accountWords(question.account)} Sign in there to discard it.`,
        actions: [],
      }
  }
  return never(question)
}

function accountWords(account: string): string {
  return `Made under another account (${account}), so it was not sent.`
}

/** The code of a 4xx that is not of the server's API. */
const unmarked = 'no reason given'

/** The reason of a refusal. */
function refusalWords({ operation }: Intent, code: string): string {
  if (code === 'effect_escaped') return escaped
  return words[operation].get(code) ?? `The server did not accept this (${code}).`
}

/** These refusals are stored with the key, so a retry with it always gets the same. */
const final: ReadonlySet<string> = new Set<RefusalCode>([
  'cancelled',
  'id_taken',
  'key_reused',
  'not_found',
  'version_conflict',
])

/** The key can have no effect any more. */
const outside: ReadonlySet<string> = new Set<RefusalCode>(['key_expired', 'key_from_future'])

/** The intent can be repeated on the version that the person now sees. */
const otherVersion: ReadonlySet<string> = new Set<RefusalCode>([
  'version_conflict',
  'version_missing',
])

const escaped = 'The server does not know whether this happened. Look before you try again.'
const late = 'It waited too long to be sent safely by itself.'
const ahead = 'The clock of this device is ahead of the server’s.'

const words: Record<Intent['operation'], ReadonlyMap<string, string>> = {
  createTodo: sentences({
    invalid_input: 'The server did not accept this title.',
    forbidden: 'You may not add this.',
    key_expired: late,
    key_from_future: ahead,
  }),
  deleteTodo: sentences({
    version_conflict: 'Changed elsewhere meanwhile, so it was not deleted.',
    version_missing: 'It is not known which version was to be deleted, so it was not.',
    forbidden: 'You may not delete this.',
    key_expired: late,
    key_from_future: ahead,
  }),
  updateTodo: sentences({
    version_conflict: 'Changed elsewhere too, so nothing was overwritten.',
    version_missing: 'It is not known which version was to be changed, so it was not.',
    not_found: 'Deleted elsewhere, so it was not changed.',
    invalid_input: 'The server did not accept this title.',
    forbidden: 'You may not change this.',
    key_expired: late,
    key_from_future: ahead,
  }),
  restoreTodo: sentences({
    version_conflict: 'Changed elsewhere after it was deleted, so it was not restored.',
    version_missing: 'It is not known which version was deleted, so it was not restored.',
    not_found: 'The server no longer has it, so it was not restored.',
    forbidden: 'You may not restore this.',
    key_expired: late,
    key_from_future: ahead,
  }),
}

function sentences(known: Partial<Record<RefusalCode, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(known))
}
