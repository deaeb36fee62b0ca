import { type ReactNode, type RefObject, useId } from 'react'

type Props = {
  readonly name: string
  readonly panel: {
    readonly Open: unknown
    readonly button: RefObject<HTMLButtonElement | null>
    readonly toggle: () => void
  }
  /** Something behind this button is switched on, also while its panel is closed. */
  readonly isOn?: boolean
  readonly children: ReactNode
}

/** Drawn by the style: a visible text would have to be part of the name, which would change with it. */
const on =
  "text-alarm after:text-[0.625rem] after:leading-none after:font-semibold after:content-['ON']"

export function PanelButton({ name, panel, isOn = false, children }: Props) {
  const stateId = useId()
  return (
    <button
      ref={panel.button}
      type="button"
      className={`icon-button content-center ${isOn ? on : ''}`}
      aria-label={name}
      aria-describedby={isOn ? stateId : undefined}
      title={name}
      aria-expanded={panel.Open !== undefined}
      onClick={panel.toggle}
    >
      {children}
      {isOn && (
        <span id={stateId} hidden={true}>
          on
        </span>
      )}
    </button>
  )
}
