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
 *
 * The statement also tells whether the installation has accounts: a server without sign-in must learn of it,
 * and a statement of its own would come between those of requests.
 */
export async function startDatabaseClock(
  pool: pg.Pool,
  onAccounts: () => void = () => {},
): Promise<DatabaseClock> {
  const measure = async () => {
    const { offset, hasAccounts } = await bestSample(pool)
    if (hasAccounts) onAccounts()
    return offset
  }
  let offset = await measure()
  let latest = Number.NEGATIVE_INFINITY
  const refresh = async () => {
    offset = await measure().catch(() => offset)
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

/** `offset` is added to this computer's clock, in ms, precise to half a round trip. */
async function bestSample(pool: pg.Pool) {
  const client = await pool.connect()
  try {
    let best = { roundTrip: Number.POSITIVE_INFINITY, offset: 0, hasAccounts: false }
    for (let taken = 0; taken < samples; taken += 1) {
      const sample = await takeSample(client)
      if (sample.roundTrip < best.roundTrip) best = sample
    }
    return best
  } finally {
    client.release()
  }
}

async function takeSample(client: pg.PoolClient) {
  const asked = Date.now()
  // The round trip is measured with a monotonic clock.
  const begun = performance.now()
  const { rows } = await client.query(
    `select extract(epoch from clock_timestamp())::float8 * 1000 as ms,
      exists (select 1 from idem.installation where 'accounts' = any(requires)) as has_accounts`,
  )
  const roundTrip = performance.now() - begun
  const [{ ms, has_accounts }] = rows
  return { roundTrip, offset: ms - (asked + roundTrip / 2), hasAccounts: has_accounts === true }
}
