import { readFile } from 'node:fs/promises'
import { openApiDocument } from './openapi-document.ts'

/** The documentation pages. All files come from this server: the content security policy allows no other source and no inline script. */
export const pages: Readonly<Record<string, Page>> = {
  '/openapi.json': {
    type: 'application/json',
    read: async () => openApiText,
  },
  '/docs': { type: 'text/html; charset=utf-8', read: async () => html },
  '/docs/start.js': { type: 'text/javascript; charset=utf-8', read: async () => script },
  '/docs/swagger-ui-bundle.js': {
    type: 'text/javascript; charset=utf-8',
    read: fileAt(import.meta.resolve('swagger-ui-dist/swagger-ui-bundle.js')),
  },
  '/docs/swagger-ui.css': {
    type: 'text/css; charset=utf-8',
    read: fileAt(import.meta.resolve('swagger-ui-dist/swagger-ui.css')),
  },
}

type Page = { readonly type: string; readonly read: () => Promise<string> }

const openApiText = JSON.stringify(openApiDocument())

const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Idem: the REST API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<main id="reference">
<noscript>This page needs JavaScript; its content is also in <a href="/openapi.json">openapi.json</a>.</noscript>
</main>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
`

// Without the validator's badge, which calls a server of its vendor.
const script = `SwaggerUIBundle({
  dom_id: '#reference',
  url: '/openapi.json',
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
})
`

function fileAt(address: string): () => Promise<string> {
  return () => readFile(new URL(address), 'utf8')
}
