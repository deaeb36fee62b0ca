/** The test that must fail with a mutant. */
export type KillingTest = {
  readonly project: string
  /** The path from the root of the repository. */
  readonly file: string
  /** Its title, or a unique beginning of it. */
  readonly test: string
}

/** The tests of a package are a project with the name of the package. */
export function killingTest(file: string, test: string): KillingTest {
  const [, folder] = file.split('/')
  return { project: `@idem/${folder}`, file, test }
}
