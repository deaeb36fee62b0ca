/** npm runs scripts in the folder of the package; a path that was typed is meant from where it was typed. */
export function initialCwd(): string {
  return process.env.INIT_CWD ?? process.cwd()
}
