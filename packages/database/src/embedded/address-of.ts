/** Of the database in the server that listens in this folder. */
export function addressOf(socketFolder: string, password: string): string {
  const folder = encodeURIComponent(socketFolder)
  return `postgresql://idem:${password}@localhost:5432/postgres?host=${folder}&sslmode=disable`
}
