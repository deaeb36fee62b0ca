/**
 * The lines of existing files that a patch changes. A line that is replaced
 * counts once, and a file that the patch adds does not count.
 */
export function changedLines(patch: string): number {
  return patch
    .split(/^diff --git .*$/m)
    .filter((file) => !/^new file mode/m.test(file))
    .flatMap((file) => file.split(/^@@ .*$/m).slice(1))
    .reduce((sum, hunk) => sum + changesOf(hunk), 0)
}

/** Lines that stay separate one change from the next. */
function changesOf(hunk: string): number {
  return hunk
    .split(/^ .*$/m)
    .map((change) => Math.max(count(change, /^\+/gm), count(change, /^-/gm)))
    .reduce((sum, lines) => sum + lines, 0)
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}
