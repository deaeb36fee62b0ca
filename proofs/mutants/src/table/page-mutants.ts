import { killingTest } from '../killing-test.ts'
import type { Mutant } from '../mutant.ts'

const todos = 'apps/web/src/todos'
const devices = `${todos}/two-devices.test.ts`
const foundByDevices = 'two devices overwrite nothing of each other'
const inPage = (file: string, test: string) => killingTest(`${todos}/${file}.test.ts`, test)

/** Whether an edit, a completion or an undo on the page changes only what the person saw. */
export const pageMutants: readonly Mutant[] = [
  {
    name: 'predicted-version',
    fault: 'An update without a previous answer guesses the first version.',
    file: `${todos}/sending/freeze.ts`,
    changes: [
      {
        from: 'return version === undefined ? versionMissing',
        to: 'return body === version ? versionMissing',
      },
      { from: 'body: { ...body, version } }', to: 'body: { ...body, version: version ?? 1 } }' },
    ],
    killedBy: inPage(
      'sending/freeze',
      'without a seen version and an answer, updateTodo asks the person',
    ),
  },
  {
    name: 'restore-of-any-deletion',
    fault: 'An undo restores the todo at the version of its last answer, not of its deletion.',
    file: `${todos}/sending/todo-transport.ts`,
    changes: [{ from: 'tombstoneVersion: version + 1', to: 'tombstoneVersion: version' }],
    killedBy: inPage('sending/todo-transport', 'the answer to a delete names its tombstone'),
  },
  {
    name: 'update-sends-the-whole-row',
    fault: 'Completing a todo also sends its title, and overwrites that of another device.',
    file: `${todos}/sending/freeze.ts`,
    changes: [
      {
        from: 'intent.changes.map(',
        to: "(['title', 'completed'] as const).map(",
      },
    ],
    killedBy: inPage('sending/freeze', 'an update sends only what it changes'),
  },
  {
    name: 'update-reminted-blindly',
    fault: 'An update whose key expired is sent again over a change that the person has not seen.',
    file: `${todos}/sending/todo-transport.ts`,
    changes: [
      {
        from: '?.version === JSON.parse(body).version',
        to: '?.version !== JSON.parse(body)',
      },
    ],
    killedBy: inPage(
      'sending/todo-transport',
      'an update gets a new key only if the todo is unchanged, and a restore always',
    ),
  },
  {
    name: 'refused-update-is-shown-as-done',
    fault: 'A refused edit is shown as the title, and that of the server is hidden.',
    file: `${todos}/list/merge-optimistic.ts`,
    changes: [
      {
        from: 'rows.set(intent.id, pending(entry, base, isUndecided(entry) ? {} : changed(intent)))',
        to: 'rows.set(intent.id, pending(entry, base, changed(intent)))',
      },
    ],
    killedBy: inPage(
      'list/merge-optimistic',
      'beside a refused update the row shows the todo of the server and its version',
    ),
  },
  {
    name: 'undo-with-another-todos-version',
    fault: 'The versions that this browser has made of one todo count for another.',
    file: `${todos}/undo/own-versions.ts`,
    changes: [
      {
        from: 'const made = new Set(versions?.values())',
        to: 'const made = new Set([...own.values()].flatMap((all) => [...all.values()]))',
      },
    ],
    killedBy: inPage(
      'undo/undoable',
      'an update is undone by the values of before, on the version',
    ),
  },
  {
    name: 'undo-predicts-the-version',
    fault: 'An undo of an operation without an answer names the version before it.',
    file: `${todos}/undo/own-versions.ts`,
    changes: [
      {
        from: 'known ?? versions?.get(undoes)',
        to: 'known ?? Math.max(...(versions?.values() ?? []))',
      },
    ],
    killedBy: inPage('undo/undoable', 'an operation without an answer is undone behind it'),
  },
  {
    name: 'undo-on-the-latest-version',
    fault:
      'An undo names the latest version that this browser knows, over the text of another device.',
    file: `${todos}/sending/freeze.ts`,
    changes: [{ from: '  return versionSince({', to: '  return previous ?? versionSince({' }],
    killedBy: killingTest(devices, foundByDevices),
  },
  {
    name: 'undo-judged-at-the-click',
    fault: 'An undo jumps over the version of another device that this page has not shown.',
    file: `${todos}/undo/own-versions.ts`,
    changes: [
      {
        from: 'while (version',
        to: 'if (made.size > 1) return Math.max(...made)\n  while (version',
      },
    ],
    killedBy: inPage('sending/freeze', 'an undo does not name a version behind one of another'),
  },
  {
    name: 'current-todo-is-the-answer',
    fault: 'An edit behind a create under a new key overwrites the change of another device.',
    file: `${todos}/sending/todo-transport.ts`,
    changes: [{ from: 'if (answer.version < left)', to: 'if (answer.version > 0 || left)' }],
    killedBy: killingTest(devices, foundByDevices),
  },
  {
    name: 'restore-made-what-it-found',
    fault: 'After a restore of a todo that stood, an undo overwrites the text of another device.',
    file: `${todos}/undo/own-versions.ts`,
    changes: [{ from: ' && intent.undoes === undefined) continue', to: ' && !id) continue' }],
    killedBy: killingTest(devices, 'an undo behind a restore of a todo that stands'),
  },
  {
    name: 'restore-answered-by-another-device',
    fault:
      'An edit behind a restore of a todo that stood overwrites a change that nobody has seen.',
    file: `${todos}/sending/todo-transport.ts`,
    changes: [{ from: "intent.operation !== 'restoreTodo' ||", to: "intent.operation !== '' ||" }],
    killedBy: killingTest(devices, 'a change behind a restore of a todo that stands'),
  },
  {
    name: 'same-change-of-another-device-is-the-answer',
    fault:
      'After a discard the equal change of another device is undone as if this one had made it.',
    file: `${todos}/sending/todo-transport.ts`,
    changes: [
      {
        from: 'return { ...todo, version: JSON.parse(outgoing.body).version }',
        to: 'return ownAnswer(outgoing, todo)',
      },
    ],
    killedBy: inPage('sending/todo-transport', 'after cancelling an update a later version'),
  },
  {
    name: 'undo-behind-a-decision-is-an-edit',
    fault: '"Keep mine" turns the undo behind a refused change into an edit of the latest version.',
    file: `${todos}/rows/row-changes.ts`,
    changes: [{ from: "if (!('undoes' in intent)) return", to: 'if (title) return' }],
    killedBy: inPage('rows/row-changes', 'an undo behind a refused change stays one'),
  },
  {
    name: 'keep-mine-on-the-old-version',
    fault: '"Keep mine" repeats the refused version.',
    file: `${todos}/rows/row-changes.ts`,
    changes: [{ from: 'return { version, title: title', to: 'return { title: title' }],
    killedBy: inPage('rows/row-changes', 'keeping mine sends the refused change again'),
  },
  {
    name: 'decision-made-twice',
    fault: 'A second press on "Add it again" creates a second todo.',
    file: `${todos}/rows/row-changes.ts`,
    changes: [{ from: 'made.get(decision) ?? make()', to: 'make()' }],
    killedBy: inPage('rows/row-changes', 'a decision that is made again before its change is seen'),
  },
  {
    name: 'lost-todo-is-shown-as-there',
    fault: 'A change of a todo that a restored server has lost can only be thrown away.',
    file: `${todos}/list/merge-optimistic.ts`,
    changes: [
      {
        from: 'if (todo === null && row === undefined)',
        to: 'if (todo === row && row !== undefined)',
      },
    ],
    killedBy: inPage('status/decision-text', 'a change that a restore has lost with its todo'),
  },
  {
    name: 'correction-of-an-unknown-create',
    fault: 'A create whose key expired can be corrected, and may then exist twice.',
    file: `${todos}/rows/is-editable.ts`,
    changes: [{ from: " && question.refusal.retry !== 'new_key'", to: '' }],
    killedBy: inPage('rows/is-editable', 'a row whose entry has an expired key is editable'),
  },
]
