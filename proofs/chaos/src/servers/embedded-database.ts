import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The PostgreSQL that a server started in its data folder: its URL and its process. */
export async function embeddedDatabase(dataDir: string): Promise<{ url: string; pid: number }> {
  const [file, password] = await Promise.all([
    readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'),
    readFile(join(dataDir, 'postgres.password'), 'utf8'),
  ])
  const [pid, , , port, socketFolder = ''] = file.split('\n')
  const host = encodeURIComponent(socketFolder)
  return {
    pid: Number(pid),
    url: `postgresql://idem:${password}@localhost:${port}/postgres?host=${host}&sslmode=disable`,
  }
}
