import { hasMembers } from '@idem/contract/has-members'
import { useEffect, useState } from 'react'
import type { Todos } from '../sending/create-todos.ts'
import type { TodoSnapshot } from '../sending/intent.ts'
import { signOut } from './sign-out.ts'

type Props = { readonly todos: Todos; readonly snapshot: TodoSnapshot }

/** Who is signed in, and the way out. What was not sent is not left or thrown away without a question. */
export function AccountPanel({ todos, snapshot }: Props) {
  const person = usePerson()
  const [isAsking, setAsking] = useState(false)
  const [problem, setProblem] = useState<string>()
  const unsent = snapshot.entries.length + snapshot.newer.length

  async function leave(unsent: 'keep' | 'discard'): Promise<void> {
    setAsking(false)
    setProblem(await signOut(todos, unsent))
  }

  return (
    <>
      <a className="quiet-button -ml-3 inline-grid place-items-center" href="account">
        Manage the account
      </a>
      <p role="alert" className="problem">
        {problem}
      </p>
      {isAsking ? (
        <Question count={unsent} onLeave={leave} onCancel={() => setAsking(false)} />
      ) : (
        <button
          type="button"
          className="quiet-button -ml-3"
          onClick={() => (unsent > 0 ? setAsking(true) : leave('keep'))}
        >
          Sign out
        </button>
      )}
      {/* Last, because it comes later and moves nothing under the pointer. */}
      {person && (
        <p className="text-small wrap-anywhere">
          {person.name && <span className="block">{person.name}</span>}
          <span className="text-quiet">{person.email}</span>
        </p>
      )}
    </>
  )
}

type QuestionProps = {
  readonly count: number
  readonly onLeave: (unsent: 'keep' | 'discard') => void
  readonly onCancel: () => void
}

function Question({ count, onLeave, onCancel }: QuestionProps) {
  return (
    <fieldset className="mt-2" ref={(question) => question?.querySelector('button')?.focus()}>
      <legend className="text-small">{questionText(count)}</legend>
      <div className="-mx-3 flex flex-wrap">
        <button type="button" className="quiet-button" onClick={() => onLeave('keep')}>
          Keep on this device
        </button>
        <button type="button" className="quiet-button" onClick={() => onLeave('discard')}>
          Discard
        </button>
        <button type="button" className="quiet-button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </fieldset>
  )
}

function questionText(count: number): string {
  return count === 1
    ? '1 change is not sent yet. Kept here, it is sent when you sign in again.'
    : `${count} changes are not sent yet. Kept here, they are sent when you sign in again.`
}

type Person = { readonly name: string; readonly email: string }

/** Without an answer the panel says less. */
function usePerson(): Person | undefined {
  const [person, setPerson] = useState<Person>()
  useEffect(() => {
    readPerson().then(setPerson, () => undefined)
  }, [])
  return person
}

async function readPerson(): Promise<Person | undefined> {
  const response = await fetch('api/auth/session', { cache: 'no-store' })
  const session: unknown = await response.json()
  return hasMembers(session, { name: 'string', email: 'string' }) ? session : undefined
}
