import './without-variables.ts'
import type { PrismaClient } from '@idem/database/prisma'
import { betterAuth } from 'better-auth'
import { prismaAdapter } from 'better-auth/adapters/prisma'
import { hashPassword, verifyPassword } from '../password/password-hash.ts'
import { hashedSessionTokens } from './hashed-session-tokens.ts'

export type CredentialsSettings = {
  readonly prisma: PrismaClient
  readonly secret: string
  /** The public origin. */
  readonly origin: string
}

/** Without use. The look-up of callers prolongs a session that is used, see there. */
const idleDays = 7

/** The library's passwords and sessions. Its routes, cookies and rate limits are not used. */
export async function openCredentials({ prisma, secret, origin }: CredentialsSettings) {
  const auth = betterAuth({
    secret,
    baseURL: origin,
    database: hashedSessionTokens(prismaAdapter(prisma, { provider: 'postgresql' })),
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      password: { hash: hashPassword, verify: verifyPassword },
    },
    user: { modelName: 'authUser', additionalFields: { owner: { type: 'string', input: false } } },
    session: {
      modelName: 'authSession',
      expiresIn: idleDays * 86_400,
      additionalFields: { secondFactor: { type: 'boolean', input: false, required: false } },
    },
    account: { modelName: 'authAccount' },
    verification: { modelName: 'authVerification' },
    telemetry: { enabled: false },
    logger: { disabled: true },
  })
  // Awaited at start: a failure would otherwise be an unhandled rejection.
  const { internalAdapter } = await auth.$context
  return {
    async find(email: string): Promise<Found | undefined> {
      const found = await internalAdapter.findUserByEmail(email, { includeAccounts: true })
      const account = found?.accounts.find(({ providerId }) => providerId === 'credential')
      if (!found || typeof account?.password !== 'string') return undefined
      const { id, owner } = found.user as { id: string; owner?: unknown }
      return { id, owner: String(owner), passwordHash: account.password }
    },
    async startSession({ userId, device, isByTwoFactors }: NewSession): Promise<string> {
      const members = { userAgent: device, secondFactor: isByTwoFactors }
      return (await internalAdapter.createSession(userId, false, members, true)).token
    },
    endSession: (token: string) => internalAdapter.deleteSession(token),
  }
}

type Found = { readonly id: string; readonly owner: string; readonly passwordHash: string }

type NewSession = {
  readonly userId: string
  /** A few words about the browser. */
  readonly device: string
  readonly isByTwoFactors: boolean
}
