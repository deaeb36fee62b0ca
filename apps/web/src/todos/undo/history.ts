import { hasMembers } from '@idem/contract/has-members'
import { inverseOf, operationOf, shownAfter } from '../operations/operations.ts'
import { acceptsIntent, type TodoOutbox } from '../sending/intent.ts'
import { learnVersions, versionSince } from '../sending/own-versions.ts'
import type { Submissions } from '../sending/submissions.ts'
import { historyNote, type Part, type Step } from './step.ts'

/** More than a person remembers. */
const mostSteps = 50

type Stacks = { readonly done: readonly Step[]; readonly undone: readonly Step[] }
type Side = keyof Stacks

/** What can be undone next, and what can be redone next. */
export type Offers = { readonly undo: Step | undefined; readonly redo: Step | undefined }

export type History = ReturnType<typeof createHistory>

type Sending = Pick<Submissions, 'change' | 'again'> & {
  readonly outbox: Pick<
    TodoOutbox,
    'getSnapshot' | 'subscribe' | 'add' | 'discard' | 'takeBack' | 'changeNote'
  >
}

/**
 * What the person did in this browser, and can undo and redo, newest first. It is stored, with the versions
 * that its operations have left, so a reload keeps it, and all tabs share it: a step is undone only while it
 * is the newest of all of them.
 */
export function createHistory(
  { outbox, change, again }: Sending,
  onChange: (offers: Offers) => void,
) {
  const changes: ((stacks: Stacks) => Stacks)[] = []
  let stored: Stacks = { done: [], undone: [] }
  let stacks = stored
  let offers: Offers = { undo: undefined, redo: undefined }
  let turn: Promise<unknown> = Promise.resolve()

  /** Shown at once, and applied to what all tabs have stored. Without the storage it lasts until a reload. */
  async function update(change: (stacks: Stacks) => Stacks): Promise<void> {
    changes.push(change)
    show(change(stacks))
    try {
      let next = stored
      await outbox.changeNote(historyNote, (note) => {
        next = change(stacksIn(note))
        return next
      })
      stored = next
    } catch {
      stored = change(stored)
    }
    changes.splice(changes.indexOf(change), 1)
    show(changes.reduce((before, next) => next(before), stored))
  }

  function show(next: Stacks): void {
    stacks = next
    const [undo, redo] = [next.done.at(-1), next.undone.at(-1)]
    if (undo?.id === offers.undo?.id && redo?.id === offers.redo?.id) return
    offers = { undo, redo }
    onChange(offers)
  }

  /** Undefined if another tab has taken it, or has done something since. */
  async function take(side: Side, id: string | undefined): Promise<Step | undefined> {
    let taken: Step | undefined
    await update((before) => {
      const top = before[side].at(-1)
      taken = top?.id === id ? top : undefined
      return taken ? { ...before, [side]: before[side].slice(0, -1) } : before
    })
    return taken
  }

  /** Undoes the newest step of one side, and puts what undoes that on the other side. */
  function move(from: Side, to: Side): Promise<void> {
    const id = stacks[from].at(-1)?.id
    // One after another: the second must not be sent before the first.
    const moved = turn.then(async () => {
      const step = await take(from, id)
      if (step === undefined) return
      try {
        const parts: Part[] = []
        for (const part of step.parts.toReversed()) parts.push(await opposite(part))
        await update((before) => ({ ...before, [to]: [...before[to], { ...step, parts }] }))
      } catch (error) {
        await update((before) => ({ ...before, [from]: [...before[from], step] }))
        throw error
      }
    })
    turn = moved.catch(() => undefined)
    return moved
  }

  /**
   * Sends the opposite of an operation, behind it if it has no answer yet. Whether another device has
   * changed the todo since is judged when that is frozen, from the answers that the outbox has then. An
   * add that never left, and what was refused, is discarded, and what was discarded is added again under another key, behind
   * its cancellation.
   */
  async function opposite({ key, intent, version, isDiscarded }: Part): Promise<Part> {
    if (isDiscarded) {
      const part = await added(again(intent))
      // The step that made it is undone under its new key.
      await replace(key, part)
      return part
    }
    const entry = outbox.getSnapshot().entries.find(({ id }) => id === key)
    const isRefused = entry?.status.state === 'needs_person'
    if (isRefused) await outbox.discard(key)
    const { makesTodo, back } = operationOf(intent)
    const isGone = isRefused || (makesTodo && entry && (await outbox.takeBack(key)))
    if (isGone) return { key, intent, isDiscarded: true }
    const seen = { ...shownAfter(intent), id: intent.id, undoes: key, version }
    return added(change(inverseOf(intent), seen, back?.(intent)))
  }

  async function added(submission: ReturnType<typeof again>): Promise<Part> {
    const { key, intent } = submission
    await outbox.add(submission).written
    return { key, intent }
  }

  /** An operation was made again, in place of one that was refused or discarded. */
  function replace(key: string, { key: newKey, intent }: Part): Promise<void> {
    return update((before) =>
      mapParts(before, (part) => [part.key === key ? { key: newKey, intent } : part]),
    )
  }

  /** The outbox forgets the answers from which an undo is judged. */
  async function learn(): Promise<void> {
    const { settled } = outbox.getSnapshot()
    const learnt = withVersions(stacks, settled)
    if (learnt !== stacks) await update((before) => withVersions(before, settled))
  }

  outbox.subscribe(() => void learn())

  return {
    /** Reads what was stored, also by another tab. */
    refresh: () => update((before) => before).then(learn),
    /** The first key names the step; a discard has the key of the step that it discards. */
    record(parts: readonly [Part, ...Part[]]): Promise<void> {
      const [{ key, isDiscarded }] = parts
      const step = { id: isDiscarded ? `discard ${key}` : key, parts, ...wordsOf(parts) }
      const next = ({ done }: Stacks) => ({ done: [...done, step].slice(-mostSteps), undone: [] })
      return update(next).then(learn)
    },
    /** An operation that was not stored. */
    drop: (key: string) =>
      update((before) => mapParts(before, (part) => (part.key === key ? [] : [part]))),
    replace,
    undo: () => move('done', 'undone'),
    redo: () => move('undone', 'done'),
  }
}

function withVersions(stacks: Stacks, settled: Parameters<typeof learnVersions>[1]): Stacks {
  const own = learnVersions(new Map(), settled)
  let isNew = false
  const learnt = mapParts(stacks, (part) => {
    const { key, intent } = part
    const version = versionSince({ id: intent.id, undoes: key, version: part.version }, own)
    isNew ||= version !== part.version
    return [{ ...part, version }]
  })
  return isNew ? learnt : stacks
}

function mapParts(stacks: Stacks, map: (part: Part) => readonly Part[]): Stacks {
  const mapped = (steps: readonly Step[]) =>
    steps
      .map((step) => ({ ...step, parts: step.parts.flatMap(map) }))
      .filter(({ parts }) => parts.length > 0)
  return { done: mapped(stacks.done), undone: mapped(stacks.undone) }
}

function wordsOf(parts: readonly [Part, ...Part[]]): Pick<Step, 'words' | 'said'> {
  const { intent, isDiscarded } = parts.at(-1) ?? parts[0]
  const { words } = operationOf(intent)
  if (isDiscarded) return { words: `discard of “${intent.title}”` }
  if (parts.length > 1) {
    return { words: `paste of ${parts.length} todos`, said: `Added ${parts.length} todos` }
  }
  return { words: `${words.noun(intent)} of “${intent.title}”`, said: words.said?.(intent) }
}

/** Another release may have written it: steps that cannot be read are left out. */
function stacksIn(note: unknown): Stacks {
  const { done, undone } = Object(note)
  return { done: stepsIn(done), undone: stepsIn(undone) }
}

function stepsIn(steps: unknown): readonly Step[] {
  return Array.isArray(steps) ? steps.filter(isStep) : []
}

function isStep(step: unknown): step is Step {
  if (!hasMembers(step, { id: 'string', words: 'string' })) return false
  const { parts } = step
  return Array.isArray(parts) && parts.every((part) => acceptsIntent(Object(part).intent))
}
