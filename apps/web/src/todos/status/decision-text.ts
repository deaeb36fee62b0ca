import type { RefusalCode } from '@idem/contract/refusal'
import type { Question } from '@idem/outbox'
import type { Row } from '../list/merge-optimistic.ts'
import type { TodoRefusal } from '../operations/operation.ts'
import { type Intent, operationOf } from '../operations/operations.ts'
import type { TodoEntry } from '../sending/intent.ts'
import { isStuck } from '../sending/is-stuck.ts'

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
  const { isRepeatable } = operationOf(intent)
  const isLost = row.isMissing && isRepeatable
  switch (question.kind) {
    case 'refused': {
      const { code = unmarked } = question.refusal
      if (isLost) return { words: 'The server no longer has its todo.', actions: keepMine }
      const actions = actionsFor(row, intent, question.refusal)
      return { words: refusalWords(intent, code), actions }
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
}

const lostByRestore = 'Its todo was lost when the server was restored from a backup.'
const keepMine: readonly Action[] = ['keep_mine', 'discard']

function actionsFor({ version }: Asked, intent: Intent, refusal: TodoRefusal): readonly Action[] {
  const { code = unmarked } = refusal
  const { isRepeatable } = operationOf(intent)
  if (isRepeatable && (otherVersion.has(code) || code === 'not_found')) return keepMine
  // The todo stands at another version, or a new key would have been minted: the old one never helps.
  if (isRepeatable && version !== undefined && outside.has(code)) return keepMine
  return isStored(refusal) ? ['discard'] : ['try_again', 'discard']
}

/** Whether sending an entry again has no use: the same answer must come again. */
export function isFinal({ status }: TodoEntry): boolean {
  if (status.state !== 'needs_person') return false
  const { question } = status
  return (
    question.kind === 'other_account' || (question.kind === 'refused' && isStored(question.refusal))
  )
}

function isStored({ code = unmarked, retry }: TodoRefusal): boolean {
  return final.has(code) || (retry === 'never' && code !== unmarked)
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
}

function accountWords(account: string): string {
  return `Made under another account (${account}), so it was not sent.`
}

/** The code of a 4xx that is not of the server's API. */
const unmarked = 'no reason given'

/** The reason of a refusal. */
function refusalWords(intent: Intent, code: string): string {
  const words = { ...common, ...operationOf(intent).words.refusals }
  return new Map(Object.entries(words)).get(code) ?? `The server did not accept this (${code}).`
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

const common: Partial<Record<RefusalCode, string>> = {
  effect_escaped: 'The server does not know whether this happened. Look before you try again.',
  key_expired: 'It waited too long to be sent safely by itself.',
  key_from_future: 'The clock of this device is ahead of the server’s.',
}
