import type pg from 'pg'

export type DatabaseClock = {
  now(): Date
  stop(): void
}

/** Clocks drift by milliseconds in this time, and a clock step is followed soon enough. */
const refreshMs = 30_000

/** The fastest of a few samples is the most precise: its round trip was the shortest. */
const samples = 3

/**
 * Two samples of one clock differ by less. A clock that is ahead by more was wrong, and holding its
 * value would date everything ahead until the process ends.
 */
const mostHeldMs = 5_000

/**
 * The database's clock without a round trip: this computer's clock plus an offset that is refreshed
 * every 30 s. It is monotonic under corrections of up to 5 s; a larger correction is followed. When a
 * refresh fails, the last offset stays.
 */
export async function startDatabaseClock(pool: pg.Pool): Promise<DatabaseClock> {
  let offset = await measureOffset(pool)
  let latest = Number.NEGATIVE_INFINITY
  const refresh = async () => {
    offset = await measureOffset(pool).catch(() => offset)
  }
  const timer = setInterval(refresh, refreshMs)
  // The timer must not keep the process alive.
  timer.unref()
  return {
    now() {
      const measured = Date.now() + offset
      latest = latest - measured > mostHeldMs ? measured : Math.max(latest, measured)
      return new Date(latest)
    },
    stop() {
      clearInterval(timer)
    },
  }
}

/** The offset to add to this computer's clock in ms, precise to half a round trip. */
async function measureOffset(pool: pg.Pool): Promise<number> {
  const client = await pool.connect()
  try {
    let best = { roundTrip: Number.POSITIVE_INFINITY, offset: 0 }
    for (let taken = 0; taken < samples; taken += 1) {
      const sample = await takeSample(client)
      if (sample.roundTrip < best.roundTrip) best = sample
    }
    return best.offset
  } finally {
    client.release()
  }
}

async function takeSample(client: pg.PoolClient) {
  const asked = Date.now()
  // The round trip is measured with a monotonic clock.
  const begun = performance.now()
  const { rows } = await client.query(
    'select extract(epoch from clock_timestamp())::float8 * 1000 as ms',
  )
  const roundTrip = performance.now() - begun
  return { roundTrip, offset: rows[0].ms - (asked + roundTrip / 2) }
}
