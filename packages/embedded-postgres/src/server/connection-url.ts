/** The URL of the database whose server listens in this folder. */
export function connectionUrl(socketDir: string, password: string): string {
  const folder = encodeURIComponent(socketDir)
  return `postgresql://idem:${password}@localhost:5432/postgres?host=${folder}&sslmode=disable`
}
