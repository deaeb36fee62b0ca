import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { expect, onTestFinished, test, vi } from 'vitest'
import { runGuide } from './run-guide.ts'

type Guide = {
  buy(owner: string, key: string, input: object): Promise<{ orderId: number; payment: string }>
  payAbandoned(): Promise<void>
}

test('the payment of the guide is made once, though its answer is lost or its client is gone', async () => {
  const service = await paymentService()
  vi.stubEnv('PAYMENTS_URL', service.url)
  const { module, query } = await runGuide<Guide>('other-services', 'buy.ts')
  const { buy, payAbandoned } = module
  const milk = { item: 'milk', cents: 120 }

  service.loseNextAnswer()
  await expect(buy('ann', 'k', milk)).rejects.toThrow()
  const first = await buy('ann', 'k', milk)
  expect(await Promise.all([buy('ann', 'k', milk), buy('ann', 'k', milk)])).toEqual([first, first])
  expect(service.charges()).toEqual([{ cents: 120, orderId: first.orderId }])

  expect((await buy('ben', 'k', milk)).payment).not.toBe(first.payment)
  service.loseNextAnswer()
  await expect(buy('ann', 'abandoned', milk)).rejects.toThrow()
  await query(`update orders set created_at = now() - interval '1 hour'`)
  await payAbandoned()
  service.loseNextAnswer()
  expect(await buy('ann', 'abandoned', milk)).toMatchObject({ payment: 'charge 2' })
  expect(service.charges()).toHaveLength(3)
})

/** A service that makes one charge for each `Idempotency-Key`. */
async function paymentService() {
  const charges = new Map<string, { id: string; charge: unknown }>()
  let losesNext = false
  const server = createServer(async (request, response) => {
    const charge = await json(request)
    const key = String(request.headers['idempotency-key'])
    const { id } = charges.get(key) ?? { id: `charge ${charges.size}` }
    if (!charges.has(key)) charges.set(key, { id, charge })
    if (losesNext) request.socket.destroy()
    else response.end(JSON.stringify({ id }))
    losesNext = false
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close().closeAllConnections())
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    charges: () => [...charges.values()].map(({ charge }) => charge),
    loseNextAnswer() {
      losesNext = true
    },
  }
}
