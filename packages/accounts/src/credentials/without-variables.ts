// Imported before the library, which reads these variables while it loads and later: one can send its
// configuration to another server, and a malformed one ends the start.
for (const name of Object.keys(process.env)) {
  if (name.startsWith('BETTER_AUTH_')) delete process.env[name]
}
