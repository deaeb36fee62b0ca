import type { OwnFactors, OwnPasskey } from '@idem/contract/own-factors'
import { RowList } from '../row-list.tsx'
import { timeText } from '../time-text.ts'
import type { useAction } from '../use-action.ts'

type Props = {
  readonly factors: OwnFactors
  readonly onRename: (passkey: OwnPasskey) => void
  readonly onRemove: ReturnType<typeof useAction>['run']
}

/** Where a second factor is required, the last one stays. */
export function FactorList({ factors, onRename, onRemove }: Props) {
  const { isRequired, hasTotp, passkeys } = factors
  const mayRemove = !isRequired || passkeys.length + Number(hasTotp) > 1
  const rows = passkeys.map((passkey) => ({
    id: passkey.id,
    title: passkey.name,
    about: aboutPasskey(passkey),
    buttons: (
      <>
        <button
          type="button"
          className="quiet-button"
          aria-label={`Rename ${passkey.name}`}
          onClick={() => onRename(passkey)}
        >
          Rename
        </button>
        {mayRemove && (
          <button
            type="button"
            className="quiet-button"
            aria-label={`Remove ${passkey.name}`}
            onClick={() =>
              onRemove({
                action: 'remove-passkey',
                body: { id: passkey.id },
                done: `${passkey.name} is removed.`,
              })
            }
          >
            Remove
          </button>
        )}
      </>
    ),
  }))
  const app = {
    id: 'app',
    title: 'App for codes',
    about: 'Asked for after the password',
    buttons: mayRemove && (
      <button
        type="button"
        className="quiet-button"
        aria-label="Remove the app for codes"
        onClick={() => onRemove({ action: 'remove-totp', done: 'The app is removed.' })}
      >
        Remove
      </button>
    ),
  }
  return <RowList label="Second factors" rows={hasTotp ? [...rows, app] : rows} />
}

function aboutPasskey({ createdAt, lastUsedAt }: OwnPasskey): string {
  const added = `added ${timeText(createdAt)}`
  return lastUsedAt === null
    ? `Passkey, ${added}`
    : `Passkey, last used ${timeText(lastUsedAt)}, ${added}`
}
