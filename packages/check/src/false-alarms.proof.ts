import { expect, test } from 'vitest'
import { checkRight } from './test-check-right.ts'
import { rightServers } from './test-right-servers.ts'

const names = Object.keys(rightServers)
const atOnce = 10

test('1,000 checks of right servers blame none', { timeout: 1_200_000 }, async () => {
  const alarms = await alarmsIn(1_000)
  expect(alarms).toEqual([])
})

/** What 1,000 checks found, each with the name and the seed that repeat it. */
async function alarmsIn(checks: number): Promise<unknown[]> {
  const alarms: unknown[] = []
  let next = 0
  const checkInTurn = async () => {
    for (let seed = next++; seed < checks; seed = next++) {
      const name = names[seed % names.length] ?? ''
      const findings = await checkRight({ name, seed })
      if (findings.length > 0) alarms.push({ name, seed, findings })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, checkInTurn))
  return alarms
}
