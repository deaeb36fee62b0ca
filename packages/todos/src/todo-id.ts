const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** PostgreSQL rejects a comparison of a UUID with other text, so such an id never reaches SQL: it matches no todo. */
export function isTodoId(id: string): boolean {
  return uuid.test(id)
}
