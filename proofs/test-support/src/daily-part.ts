const dayMs = 86_400_000

/** One part of the list, another one each day: for a run of all tests. `npm run prove` has the whole list. */
export function dailyPart<Item>(list: readonly Item[], parts: number): Item[] {
  const today = Math.floor(Date.now() / dayMs) % parts
  return list.filter((_, at) => at % parts === today)
}
