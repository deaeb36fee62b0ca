import { type ReactNode, useId } from 'react'

type Props = {
  readonly name: string
  readonly panel: { readonly Open: unknown; readonly toggle: () => void }
  /** Something behind this button is switched on, also while its panel is closed. */
  readonly isOn?: boolean
  readonly children: ReactNode
}

export function PanelButton({ name, panel, isOn = false, children }: Props) {
  const stateId = useId()
  return (
    <button
      type="button"
      className={`icon-button content-center ${isOn ? 'text-alarm' : ''}`}
      aria-label={name}
      aria-describedby={isOn ? stateId : undefined}
      title={name}
      aria-expanded={panel.Open !== undefined}
      onClick={panel.toggle}
    >
      {children}
      {isOn && (
        <span id={stateId} className="text-[0.625rem] leading-none font-semibold">
          ON
        </span>
      )}
    </button>
  )
}
