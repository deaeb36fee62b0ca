import { expect, test } from 'vitest'
import { runGuide } from './run-guide.ts'

type Booking = { readonly seat: string; readonly isBooked: boolean }
type Guide = {
  bookSeat(owner: string, key: string, input: { readonly seat: string }): Promise<Booking>
}

test('the bookings of the guide are made once each, many in one transaction', async () => {
  const { module, query } = await runGuide<Guide>('batch', 'bookings.ts')
  const seats = Array.from({ length: 300 }, (_, at) => `seat ${at}`)
  const bookAll = () =>
    Promise.all(seats.map((seat, at) => module.bookSeat('ann', `key-${at}`, { seat })))
  const booked = seats.map((seat) => ({ seat, isBooked: true }))
  expect(await Promise.all([bookAll(), bookAll()])).toEqual([booked, booked])
  expect(await bookAll()).toEqual(booked)
  const [counted] = await query(
    'select count(*)::int as rows, count(distinct xmin::text)::int as transactions from bookings',
  )
  expect(counted.rows).toBe(seats.length)
  expect(counted.transactions).toBeLessThan(seats.length / 4)
  const late = await module.bookSeat('ben', 'key-0', { seat: 'seat 0' })
  expect(late).toEqual({ seat: 'seat 0', isBooked: false })
  await expect(module.bookSeat('ann', 'key-0', { seat: 'seat 1' })).rejects.toMatchObject({
    code: 'key_reused',
  })
})
