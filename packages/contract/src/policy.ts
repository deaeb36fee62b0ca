import { z } from 'zod'

/** The retention of keys and the window for time-ordered keys; `serverTime` lets a client mint keys on the server's clock. */
export const Policy = z.strictObject({
  keyRetentionHours: z.number(),
  acceptancePastHours: z.number(),
  acceptanceFutureMinutes: z.number(),
  serverTime: z.iso.datetime(),
  ledgerEpoch: z.string(),
  installationId: z.string(),
})
export type Policy = z.infer<typeof Policy>
