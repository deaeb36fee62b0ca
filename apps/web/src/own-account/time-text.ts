const dayMs = 86_400_000

/** `today at 10:42`, `yesterday at …` or `2 Dec 2026`. */
export function timeText(iso: string, now = new Date()): string {
  const time = new Date(iso)
  const days = Math.round((startOfDay(now) - startOfDay(time)) / dayMs)
  const clock = time.toLocaleTimeString('en', {
    ...{ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  })
  if (days <= 0) return `today at ${clock}`
  if (days === 1) return `yesterday at ${clock}`
  return time.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
}

/** `in 90 days`. Of the last day there is less than a day left. */
export function daysUntil(iso: string, now = new Date()): string {
  const days = Math.ceil((Date.parse(iso) - now.getTime()) / dayMs)
  return days <= 1 ? 'within a day' : `in ${days} days`
}

function startOfDay(time: Date): number {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime()
}
