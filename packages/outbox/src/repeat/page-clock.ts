import { createServerClock } from '../server-clock.ts'

/** The clock of all calls of a page. It learns from refusals of keys. */
export const pageClock = createServerClock()
