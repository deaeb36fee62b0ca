import { expect, test } from 'vitest'
import { checkRight } from './test-check-right.ts'
import { rightServers } from './test-right-servers.ts'

const names = Object.keys(rightServers)

test('1,000 short checks of right servers blame none', { timeout: 1_800_000 }, async () => {
  expect(await blamed({ checks: 1_000, atOnce: 10, rate: 1_000 })).toEqual([])
})

test('20 checks at the rate of the command blame none', { timeout: 600_000 }, async () => {
  expect(await blamed({ checks: 20, atOnce: 2, rate: 100 })).toEqual([])
})

type Plan = { readonly checks: number; readonly atOnce: number; readonly rate: number }

/** What was broken by no server, with the name and the seed that repeat it. */
async function blamed({ checks, atOnce, rate }: Plan): Promise<unknown[]> {
  const alarms: unknown[] = []
  let next = 0
  const checkInTurn = async () => {
    for (let seed = next++; seed < checks; seed = next++) {
      const name = names[seed % names.length] ?? ''
      const findings = await checkRight({ name, seed, rate })
      const broken = findings.filter(({ verdict }) => verdict === 'broken')
      if (broken.length > 0) alarms.push({ name, seed, broken })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, checkInTurn))
  return alarms
}
