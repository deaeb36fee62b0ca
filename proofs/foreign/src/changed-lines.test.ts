import { expect, test } from 'vitest'
import { changedLines } from './changed-lines.ts'

test('added, removed and replaced lines count once, and those of new files do not', () => {
  const patch = `diff --git a/one.ts b/one.ts
index 1..2 100644
--- a/one.ts
+++ b/one.ts
@@ -1,4 +1,5 @@
 stays
-replaced
+by one
 stays
+added
+added
@@ -10,3 +11,2 @@ function
 stays
-removed
 stays
diff --git a/new.ts b/new.ts
new file mode 100644
--- /dev/null
+++ b/new.ts
@@ -0,0 +1,2 @@
+not counted
+not counted
`
  expect(changedLines(patch)).toBe(4)
})
