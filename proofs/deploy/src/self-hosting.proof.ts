import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { freePort } from '@idem/test-support/free-port'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { expect, test } from 'vitest'
import { checkout } from './built-image.ts'
import { makeDebian } from './make-debian.ts'
import { runTool } from './run-tool.ts'

/**
 * Starts the programs of a unit as its user, in place of systemd, which does not run here. Caddy's file is only
 * read: its ports are those of the machine.
 */
const systemctl = `#!/bin/sh
case "$*" in
stop*)
  pid=$(cat "/run/$2.pid")
  kill "$pid"
  while kill -0 "$pid" 2> /dev/null; do sleep 0.1; done
  exit 0
  ;;
restart*) "$0" stop "$2" && exec "$0" start "$2" ;;
*caddy) exec caddy validate --adapter caddyfile --config /etc/caddy/Caddyfile ;;
*.timer) exit 0 ;;
*idem | *idem-backup) for name; do :; done ;;
*) exit 0 ;;
esac
unit=/etc/systemd/system/$name.service
value() { sed -n "s/^$1=//p" "$unit"; }
install -d -o "$(value User)" -g "$(value Group)" -m 700 "/var/lib/$(value StateDirectory)"
cd "$(value WorkingDirectory | grep . || echo /)"
as="setpriv --reuid $(value User) --regid $(value Group) --clear-groups"
if [ "$(value Type)" = oneshot ]; then value ExecStart | sed "s/^/$as /" | sh -e; exit; fi
$as $(value ExecStart) > "/var/log/$name" 2>&1 &
echo $! > "/run/$name.pid"
`

/** A person would look again until the server has started. */
const journalctl = `#!/bin/sh
for attempt in $(seq 300); do idem health > /dev/null 2>&1 && break; sleep 0.1; done
cat "/var/log/$2"
`

test('the commands of docs/self-hosting.md lead from an empty Debian to a running server in ten minutes', {
  timeout: 1_200_000,
}, async () => {
  await using folder = await temporaryFolder()
  // The user of PostgreSQL must reach its binaries.
  await chmod(folder.path, 0o755)
  const debian = join(folder.path, 'debian')
  await makeDebian(debian)
  for (const [name, text] of Object.entries({ systemctl, journalctl })) {
    await writeFile(join(debian, 'usr/local/bin', name), text, { mode: 0o755 })
  }
  const source = pathToFileURL(checkout).href
  await runTool('git', [
    'clone',
    '--quiet',
    '--bare',
    '--depth=1',
    source,
    join(debian, 'idem.git'),
  ])

  const startedAt = performance.now()
  const output = await runTool('unshare', [
    ...['--mount', '--pid', '--fork', '--kill-child', 'sh', '-ec', enter, 'enter', debian],
    `${await commands()}\njournalctl -u idem\nidem health\nidem accounts\nls /var/backups/idem /opt\n`,
  ])
  const minutes = (performance.now() - startedAt) / 60_000
  console.log(`${minutes.toFixed(1)} minutes`)
  expect(output).toMatch(/^https:\/\/todo\.example\.org\/\S+#\S+$/m)
  expect(output).toContain('Valid configuration')
  expect(output).toMatch(/^health .* is ready$/m)
  expect(output).toMatch(/^tried +restored into a scratch database, with the same rows$/m)
  expect(output).toMatch(/^kept +1 backups, 0 removed/m)
  expect(output).toMatch(/^idem-\S+\.backup$/m)
  expect(output).toMatch(/^upgrade .*, which is ready$/m)
  expect(minutes).toBeLessThan(10)
})

const enter = `
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
mount --bind /etc/resolv.conf "$1/etc/resolv.conf"
exec env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin chroot "$1" sh -ec "$2"
`

/** All of them in one shell, from a repository of this machine and on a port that is free here. */
async function commands(): Promise<string> {
  const page = await readFile(join(checkout, 'docs/self-hosting.md'), 'utf8')
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text)
  expect(blocks.length).toBeGreaterThanOrEqual(6)
  return blocks
    .join('')
    .replace('https://git.example.org/idem.git', '/idem.git')
    .replace('chown root:idem /etc/idem.env', `echo PORT=${await freePort()} >> /etc/idem.env\n$&`)
}
