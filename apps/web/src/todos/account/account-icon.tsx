import { Icon } from '../../shell/icons.tsx'

export function AccountIcon() {
  return (
    <Icon>
      <path d="M10 10.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM3.8 16.8a6.2 6.2 0 0 1 12.4 0" />
    </Icon>
  )
}
