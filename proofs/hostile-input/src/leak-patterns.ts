/** Text that would reveal the implementation: stack frames, files, statements, libraries. */
const inside = [
  /\bat .*\(?(file:|node:|\/)\S+:\d+/,
  /\.[cm]?[jt]sx?:\d+/,
  /node_modules/,
  /\bprisma\b/i,
  /\bpostgres/i,
  /relation "|column "|constraint "|syntax error at|\bselect .* from\b|insert into/i,
  /\bZodError\b|\bTRPCError\b|\bTypeError\b|\bRangeError\b|\bSyntaxError\b|Unexpected token/,
  /\bENOENT\b|\bECONN\w+|\/home\/|\/root\/|\/tmp\//,
]

export function leaksIn(text: string): string[] {
  return inside.flatMap((word) => word.exec(text)?.[0] ?? [])
}
