import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type FrameworkName, frameworks, type HttpProject, httpProject } from './http-project.ts'
import { expectEachOnce, httpWorld } from './http-world.ts'

vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 })

describe.for(Object.keys(frameworks) as FrameworkName[])('a project of %s', (name) => {
  let project: HttpProject
  beforeAll(async () => {
    project = await httpProject(name)
  })
  afterAll(() => project?.[Symbol.asyncDispose]())

  test('fifty requests at once with one key make one row, and each owner has an own one', async () => {
    await using it = await httpWorld(name, project.folder)
    const sent = { name: 'milk', key: '"8e03978e-40d5-43e8-bc93-6894a57f9324"' }
    const responses = await Promise.all(Array.from({ length: 50 }, () => it.post(sent)))
    expect(new Set(responses.map(({ status, text }) => `${status} ${text}`))).toEqual(
      new Set(['201 {"id":1,"name":"milk"}']),
    )
    expect((await it.post(sent)).headers.get('Idempotent-Replayed')).toBe('true')
    expect(await it.post({ ...sent, user: 'ben' })).toMatchObject({
      status: 201,
      text: '{"id":2,"name":"milk"}',
    })
    expect(await it.names()).toEqual(['milk', 'milk'])
  })

  test('another body is refused, a failure and a response in parts leave no row and a free key', async () => {
    await using it = await httpWorld(name, project.folder)
    await it.post({ name: 'milk', key: 'a' })
    expect((await it.post({ name: 'tea', key: 'a' })).status).toBe(422)
    for (const failing of ['failed', 'stream']) {
      expect((await it.post({ name: failing, key: 'b' })).status).toBe(500)
    }
    expect(await it.names()).toEqual(['milk'])
    expect((await it.post({ name: 'salt', key: 'b' })).status).toBe(201)
  })

  test('each post that is sent while the server is killed is created once', async () => {
    await using it = await httpWorld(name, project.folder)
    await expectEachOnce(it)
  })
})
