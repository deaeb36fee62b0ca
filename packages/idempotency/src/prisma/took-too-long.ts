import { causesOf } from '../causes-of.ts'
import { expiredWordings } from '../pg/prisma-states.ts'

/**
 * The error of an effect that Prisma ended at its time limit; undefined for any
 * other error. Prisma sends no COMMIT after that, so the rollback is certain. The
 * effect would take as long again, so its code prevents a retry, and the message
 * names the setting to change.
 */
export function tookTooLong(error: unknown, limitMs: number): Error | undefined {
  const isExpired = [...causesOf(error)].some(({ message }) =>
    expiredWordings.some((words) => message.includes(words)),
  )
  if (!isExpired) return undefined
  const message = `The effect took longer than the ${limitMs / 1_000} s that its transaction may take, and was rolled back; make it shorter or raise \`timeout\` of prismaAdapter.`
  return Object.assign(new Error(message, { cause: error }), { code: 'transaction_timeout' })
}
