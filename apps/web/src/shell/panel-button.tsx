import { type RefObject, useId } from 'react'

type Props = {
  readonly name: string
  /** A class of the style. */
  readonly icon: string
  readonly panel: {
    readonly Open: unknown
    readonly button: RefObject<HTMLButtonElement | null>
    readonly toggle: () => void
  }
  /** Something behind this button is switched on, also while its panel is closed. */
  readonly isOn?: boolean
}

/** Drawn by the style: a visible text would have to be part of the name, which would change with it. */
const on =
  "text-alarm after:text-[0.625rem] after:leading-none after:font-semibold after:content-['ON']"

export function PanelButton({ name, icon, panel, isOn = false }: Props) {
  const stateId = useId()
  return (
    <button
      ref={panel.button}
      type="button"
      className={`icon-button ${icon} content-center ${isOn ? on : ''}`}
      aria-label={name}
      aria-describedby={isOn ? stateId : undefined}
      title={name}
      aria-expanded={panel.Open !== undefined}
      onClick={panel.toggle}
    >
      {isOn && (
        <span id={stateId} hidden={true}>
          on
        </span>
      )}
    </button>
  )
}
