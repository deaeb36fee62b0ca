const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** PostgreSQL refuses a comparison with what is no UUID, so such an id never reaches SQL: it simply names nothing. */
export function namesATodo(id: string): boolean {
  return uuid.test(id)
}
