/** npm runs scripts in the folder of the package; a relative path on the command line refers to the caller's folder. */
export function initialCwd(): string {
  return process.env.INIT_CWD ?? process.cwd()
}
