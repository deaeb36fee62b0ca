import { readFileSync } from 'node:fs'
import { openApiDocument } from './openapi-document.ts'

export type Page = { readonly type: string; readonly bytes: Buffer }

/**
 * The documentation pages. All files come from this server: the content security policy allows no other
 * source and no inline script. Each is read once and shared by all responses: a copy for each of a
 * thousand clients that do not read would fill the memory.
 */
export function createPages(basePath = ''): ReadonlyMap<string, Page> {
  return new Map([
    [
      '/openapi.json',
      { type: 'application/json', bytes: Buffer.from(JSON.stringify(openApiDocument(basePath))) },
    ],
    ['/docs', { type: 'text/html; charset=utf-8', bytes: Buffer.from(html(basePath)) }],
    ['/docs/start.js', { type: javascript, bytes: Buffer.from(script(basePath)) }],
    [
      '/docs/swagger-ui-bundle.js',
      {
        type: javascript,
        bytes: fileAt(import.meta.resolve('swagger-ui-dist/swagger-ui-bundle.js')),
      },
    ],
    [
      '/docs/swagger-ui.css',
      {
        type: 'text/css; charset=utf-8',
        bytes: fileAt(import.meta.resolve('swagger-ui-dist/swagger-ui.css')),
      },
    ],
  ])
}

const javascript = 'text/javascript; charset=utf-8'

const html = (basePath: string) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Idem: the REST API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${basePath}/docs/swagger-ui.css">
<main id="reference">
<noscript>This page needs JavaScript; its content is also in <a href="${basePath}/openapi.json">openapi.json</a>.</noscript>
</main>
<script src="${basePath}/docs/swagger-ui-bundle.js"></script>
<script src="${basePath}/docs/start.js"></script>
`

// Without the validator's badge, which calls a server of its vendor.
const script = (basePath: string) => `SwaggerUIBundle({
  dom_id: '#reference',
  url: '${basePath}/openapi.json',
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
})
`

function fileAt(address: string): Buffer {
  return readFileSync(new URL(address))
}
