import type { OwnDevice } from '@idem/contract/own-account'
import { RowList } from '../row-list.tsx'
import { Section } from '../section.tsx'
import { timeText } from '../time-text.ts'
import { useAction } from '../use-action.ts'
import type { OwnPage } from '../use-own-account.ts'

export function DevicesSection({ page }: { readonly page: OwnPage }) {
  const { message, run } = useAction(page)
  const { sessions } = page.own

  function end({ id, device }: OwnDevice): void {
    void run({ action: 'end-session', body: { id }, done: `${device} is signed out.` })
  }

  return (
    <Section title="Devices" message={message}>
      <RowList
        label="Devices"
        rows={sessions.map((session) => ({
          id: session.id,
          title: session.device,
          about: aboutDevice(session),
          buttons: !session.isThis && (
            <button
              type="button"
              className="quiet-button"
              aria-label={`Sign out ${session.device}, ${aboutDevice(session)}`}
              onClick={() => end(session)}
            >
              Sign out
            </button>
          ),
        }))}
      />
      {sessions.length > 2 && (
        <button
          type="button"
          className="plain-button mt-4"
          onClick={() =>
            run({ action: 'end-other-sessions', done: 'All other devices are signed out.' })
          }
        >
          Sign out all other devices
        </button>
      )}
    </Section>
  )
}

function aboutDevice({ isThis, signedInAt, lastUsedAt }: OwnDevice): string {
  const signedIn = `signed in ${timeText(signedInAt)}`
  return isThis ? `This device, ${signedIn}` : `Last used ${timeText(lastUsedAt)}, ${signedIn}`
}
