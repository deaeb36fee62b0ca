import type { Metadata } from 'next'
import { InvitePage } from '../../sign-in/invite-page.tsx'

export const metadata: Metadata = { title: 'Make an account' }

export default function Page() {
  return <InvitePage />
}
