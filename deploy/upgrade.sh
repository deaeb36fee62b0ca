#!/bin/sh
# Replaces the container of compose.yaml by the release of this checkout, or by the image that IMAGE in .env names.
# If that does not become ready, the old code comes back on the same data. Nothing is ever restored: that would
# lose what was saved since. --no-way-back goes on although the old release may not start again.
set -eu
cd "$(dirname "$0")"
compose=${COMPOSE:-docker-compose} # also "docker compose"
patience=120                       # seconds, for the recovery of a database and a drain of 20 s
kept=7                             # backups in the volume

say() { printf 'upgrade    %s\n' "$*"; }
is_ready() {
	$compose up --detach --no-build --wait --wait-timeout "$patience" idem || return 1
	# A release that crashes again and again is ready in between.
	for _ in 1 2 3; do
		$compose exec -T idem idem health > /dev/null || return 1
		sleep 0.5
	done
}

image=$($compose config --images idem)
before=$(docker inspect --format '{{.Image}}' "$($compose ps --quiet idem)")
old=$($compose exec -T idem idem version --json)

# Until the new release starts, the name of the image belongs to the old one again, however this ends.
trap 'docker tag "$before" "$image"; say "failed; nothing was changed"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
case $image in
localhost/*) COMMIT=$(git rev-parse HEAD) $compose build idem ;;
*) $compose pull idem ;;
esac
# In a container that only says whether it accepts the settings and leaves a way back.
if [ "${1:-}" = --no-way-back ]; then
	new=$($compose run --rm --no-deps -T idem idem version)
else
	new=$($compose run --rm --no-deps -T idem idem version --replaces "$old")
fi
$compose exec -T idem sh -c "mkdir -p /data/backups && idem backup --keep $kept /data/backups"

go_back() {
	trap - EXIT
	trap '' INT TERM HUP
	say "$new did not become ready; going back"
	$compose logs --tail 20 idem || true
	docker tag "$before" "$image"
	if is_ready; then
		say "the old release serves again, with all data"
	else
		say "neither release becomes ready; $compose logs idem says why. Do not restore a backup only to start."
	fi
	exit 1
}
trap go_back EXIT
is_ready
trap - EXIT
say "to $new, which is ready"
