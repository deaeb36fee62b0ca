/** The names that a source file declares for others, and the titles of its tests. */
export type Names = {
  readonly exported: readonly string[]
  readonly titles: readonly string[]
}

const declaration =
  /^export (?:default )?(?:async )?(?:function\*?|const|let|class|type|interface) (\w+)/gm

/** The first argument of `test(…)`, and of the call that `test.each(…)` returns. */
const title = /(?:\b(?:test|it|describe)(?:\.\w+)*|\))\(\s*(['"`])((?:(?!\1).)+)\1\s*,/gs

export function namesIn(path: string, source: string): Names {
  const isTest = /\.(test|proof)\.tsx?$/.test(path)
  return {
    exported: isTest ? [] : [...source.matchAll(declaration)].map(([, name = '']) => name),
    titles: isTest ? [...source.matchAll(title)].map(([, , text = '']) => text) : [],
  }
}

/** `createTodo` and `create-todo.test.ts` in lower-case words. */
export function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
}
