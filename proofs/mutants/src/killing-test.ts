/** The one test that is run to see that a mutant does not live. */
export type KillingTest = {
  readonly project: string
  /** From the root of the repository. */
  readonly file: string
  /** Its name, or a beginning of it that no other test of the file has. */
  readonly test: string
}

/** A package's tests are a project of the package's name. */
export function killingTest(file: string, test: string): KillingTest {
  const [, folder] = file.split('/')
  return { project: `@idem/${folder}`, file, test }
}
