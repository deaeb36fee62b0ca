import type { Answer } from '../send.ts'
import type { Names } from './names.ts'

export type Observed = Pick<Answer, 'status' | 'headers'> & { readonly text: string }

/**
 * Returns what a caller can tell from an answer, with a label in place of every name, minted id and time:
 * answers of the two worlds are then equal, or show a difference. One for each world and sequence.
 */
export function createObserver(names: Names, world: 'hers' | 'unknown') {
  const labels = new Map<string, string>()
  for (const [kind, all] of Object.entries(names)) {
    for (const [at, twins] of all.entries()) labels.set(twins[world], `«${kind} ${at}»`)
  }
  const texts = [...names.word, ...names.account, ...names.key]
    .map((twins) => twins[world])
    .filter((text) => !uuid.test(text))
  const everyName = new RegExp([...texts, uuid.source, cursor.source].join('|'), 'g')
  let minted = 0

  function labelOf(found: string): string {
    const known = labels.get(found)
    if (known !== undefined) return known
    if (!uuid.test(found)) return inCursor(found)
    minted += 1
    const label = `«minted ${minted}»`
    labels.set(found, label)
    return label
  }

  /** `nextCursor` contains the time and the id of a todo. */
  function inCursor(found: string): string {
    const [, id = ''] = Buffer.from(found, 'base64url').toString().split(' ')
    return id === '' ? found : `«cursor ${labelOf(id)}»`
  }

  const labelled = (text: string) => text.replace(times, '«time»').replace(everyName, labelOf)

  return function observe({ status, headers: { date: _, ...headers }, text }: Answer): Observed {
    const shown = Object.entries(headers).map(([name, value]) => [name, labelled(value)])
    const lines = labelled(text).split('\n').map(withoutPlace).sort()
    return { status, headers: Object.fromEntries(shown), text: lines.join('\n') }
  }
}

/** The lines of a stream have numbers, in the order in which its calls are answered. */
function withoutPlace(line: string): string {
  return line.replace(/^\[\d+,/, '[').replace(/(?<="(result|data)",0),\d+/g, '')
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/
/** In base64, a cursor is a time, a space and an id. */
const cursor = /(?<=")[\w-]{50,80}(?=")/
const times = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g
