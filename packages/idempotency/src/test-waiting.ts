import type { World } from './test-world.ts'

/** Tests only: resolves when a session of this world's database waits for a lock, or when `over` does. */
export async function untilSomeoneWaits(
  { admin }: Pick<World, 'admin'>,
  over: Promise<unknown> = new Promise(() => {}),
): Promise<void> {
  let isOver = false
  const end = () => {
    isOver = true
  }
  over.then(end, end)
  while (!isOver) {
    const { rows } = await admin.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    if (rows.length > 0) return
  }
}
