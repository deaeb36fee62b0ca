import { idempotentFetch } from '@idem/outbox/fetch'

const send = idempotentFetch()

export async function placeOrder(item: string): Promise<{ readonly number: number }> {
  const headers = { 'Content-Type': 'application/json' }
  const body = JSON.stringify({ item })
  const response = await send('https://shop.example/orders', { method: 'POST', headers, body })
  if (!response.ok) throw new Error(`The order was refused with status ${response.status}.`)
  return response.json()
}
