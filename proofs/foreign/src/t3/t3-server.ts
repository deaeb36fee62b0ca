import { runTool } from '../run-tool.ts'
import { type ForeignServer, foreignServer } from '../server-process.ts'

type Settings = {
  readonly folder: string
  readonly databaseUrl: string
  /** `next dev` compiles on demand, `next start` serves the built app. */
  readonly mode: 'dev' | 'start'
}

export function t3Server({ folder, databaseUrl, mode }: Settings): Promise<ForeignServer> {
  const parts = mode === 'dev' ? ['dev', '--turbopack'] : ['start']
  return foreignServer({
    cwd: folder,
    args: (port) => [nextOf(folder), ...parts, '--port', `${port}`, '--hostname', '127.0.0.1'],
    env: variables(databaseUrl),
    readyPath,
  })
}

export async function buildT3({ folder, databaseUrl }: Omit<Settings, 'mode'>): Promise<void> {
  const env = variables(databaseUrl)
  await runTool(process.execPath, [nextOf(folder), 'build'], { cwd: folder, env })
}

/** A query without an input. It compiles the API, too. */
const readyPath = '/api/trpc/post.getLatest'

function nextOf(folder: string): string {
  return `${folder}/node_modules/next/dist/bin/next`
}

function variables(databaseUrl: string) {
  return {
    DATABASE_URL: databaseUrl,
    AUTH_SECRET: 'of a test',
    AUTH_TRUST_HOST: 'true',
    AUTH_DISCORD_ID: 'none',
    AUTH_DISCORD_SECRET: 'none',
    NEXT_TELEMETRY_DISABLED: '1',
    // Vitest's own value would turn a production build into one for tests.
    NODE_ENV: undefined,
  }
}
