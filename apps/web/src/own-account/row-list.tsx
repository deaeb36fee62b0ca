import { type ReactNode, useEffect, useRef } from 'react'

type Row = {
  readonly id: string
  readonly title: ReactNode
  readonly about: string
  readonly buttons: ReactNode
}

type Props = { readonly label: string; readonly rows: readonly Row[] }

/** When the row that has the focus goes, the keyboard continues at the next one, or at the list. */
export function RowList({ label, rows }: Props) {
  const list = useRef<HTMLUListElement>(null)
  const focused = useRef<number>(undefined)

  useEffect(() => {
    const at = focused.current
    if (at === undefined || document.activeElement !== document.body) return
    const left = [...(list.current?.children ?? [])]
    const next = left[Math.min(at, left.length - 1)]
    const target = next?.querySelector<HTMLElement>('button') ?? list.current
    target?.focus()
  }, [rows.length])

  return (
    <ul ref={list} className="list" aria-label={label} tabIndex={-1}>
      {rows.map(({ id, title, about, buttons }, at) => (
        <li
          key={id}
          className="account-row"
          onFocus={() => {
            focused.current = at
          }}
        >
          <div className="min-w-0 flex-[1_1_9rem] py-2.5 wrap-anywhere">
            {title}
            <span className="block text-small text-quiet">{about}</span>
          </div>
          {buttons && <div className="-mr-3 ml-auto flex">{buttons}</div>}
        </li>
      ))}
    </ul>
  )
}
