import { createHmac } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { faultOf, genesisOf } from '../../../platform/crypto/audit-chain.ts'
import { auditApi, type AuditStreamDraft } from '../contract.ts'
import { pauseAfter } from '../streams/round.ts'
import { openGrounds, until, type Grounds } from './grounds.ts'
import { Receiver } from './receiver.ts'

const answering = (status: number, headers: Record<string, string> = {}) => (response: ServerResponse): void => void response.writeHead(status, headers).end()

let grounds: Grounds
const receiver = new Receiver()
beforeAll(async () => {
  await receiver.listen()
  grounds = await openGrounds({ withWorker: true, service: { outbound: { allowedNetworks: ['127.0.0.0/8'], plainHttpHosts: ['127.0.0.1'], timeoutMs: 1_500 } } })
})
afterAll(async () => {
  await grounds.house.close()
  await receiver.close()
})

const make = (path: string, more: Partial<AuditStreamDraft> = {}) => grounds.admin.createAuditStream({ body: { name: path.slice(1), url: receiver.url(path), ...more } })
const streamOf = async (name: string) => (await grounds.admin.listAuditStreams()).items.find((stream) => stream.name === name)

describe('a stream', () => {
  it('sends the whole trail in the order of the chain, signed, and goes on with what is new', async () => {
    await grounds.change('Before the stream')
    await grounds.chained()
    const made = await make('/whole', { afterPosition: 0 })
    expect(made).toMatchObject({ status: 'active', position: 0, failures: 0 })
    expect(made.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    await grounds.change('After the stream')
    await grounds.chained()
    const length = (await grounds.auditor.getAuditChain()).position
    await until('everything is sent', async () => (await streamOf('whole'))?.position === length)
    const events = receiver.events('/whole')
    expect(events.map(({ data }) => data.position)).toEqual(Array.from({ length }, (_, n) => n + 1))
    expect(events.at(-1)).toMatchObject({ type: 'com.blueshipsync.audit.entry', source: `/organizations/${grounds.house.acme.id}/audit`, subject: 'identity.createServiceAccount' })
    expect(events.at(-1)?.data.changes).toMatchObject([{ entity: 'service_account', action: 'created', after: { name: 'After the stream' } }])
    const key = Buffer.from((made.secret ?? '').slice('whsec_'.length), 'base64')
    for (const { headers, body } of receiver.at('/whole')) {
      const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
      expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`)
      expect(headers['content-type']).toBe('application/cloudevents-batch+json; charset=utf-8')
    }
    let previous = genesisOf(grounds.house.acme.id)
    for (const { id, time, data: { position, hash, actor, operation, requestId, proof } } of events) {
      expect(faultOf(previous, { position, id, at: time, actorKind: actor.kind, actorId: actor.id, operation, requestId, hash, ...proof })).toBeNull()
      previous = hash
    }
    // The secret is shown once, and kept in no readable form.
    expect(JSON.stringify(await grounds.admin.listAuditStreams())).not.toContain(made.secret)
    const kept = await grounds.peek("select encode(secret, 'escape') from bss.audit_stream union all select to_jsonb(i)::text from bss.idempotency_record i union all select to_jsonb(a)::text from bss.audit_entry a")
    expect(kept.filter(([text]) => text?.includes(made.secret ?? '') !== false)).toEqual([])
  })

  it('sends again what was not acknowledged, and skips nothing', async () => {
    receiver.answers.set('/failing', answering(503))
    await make('/failing')
    await grounds.change('Not acknowledged at first')
    await until('it has failed', async () => ((await streamOf('failing'))?.failures ?? 0) > 0)
    expect(await streamOf('failing')).toMatchObject({ status: 'active', lastError: 'The receiver answered 503.' })
    receiver.answers.delete('/failing')
    await until('it is acknowledged', async () => (await streamOf('failing'))?.lastDeliveredAt !== null)
    await until('nothing is left', async () => (await streamOf('failing'))?.position === (await grounds.auditor.getAuditChain()).position)
    expect(await streamOf('failing')).toMatchObject({ failures: 0, lastError: null })
    const positions = receiver.events('/failing').map(({ data }) => data.position)
    const [first = 0] = positions
    expect(positions.filter((position) => position === first).length).toBeGreaterThan(1)
    const last = (await streamOf('failing'))?.position ?? 0
    expect([...new Set(positions)]).toEqual(Array.from({ length: last - first + 1 }, (_, n) => first + n))
  })

  it('a receiver that is slow, gone or points elsewhere holds up nobody else', async () => {
    receiver.answers.set('/slow', () => undefined)
    receiver.answers.set('/gone', answering(410))
    receiver.answers.set('/elsewhere', answering(302, { location: receiver.url('/trap') }))
    for (const path of ['/slow', '/gone', '/elsewhere']) await make(path)
    const foreign = grounds.house.client(auditApi, 'tenant_admin', grounds.house.globex)
    await foreign.createAuditStream({ body: { name: 'theirs', url: receiver.url('/theirs'), afterPosition: 0 } })
    await grounds.change('For all three')
    await until('the other organization has everything', async () => {
      const [{ position } = { position: -1 }] = (await foreign.listAuditStreams()).items
      return position > 0 && position === (await foreign.getAuditChain()).position
    })
    await until('each has failed in its way', async () => {
      const all = await Promise.all(['slow', 'gone', 'elsewhere'].map(streamOf))
      return all.every((stream) => (stream?.failures ?? 0) > 0)
    })
    expect(await streamOf('gone')).toMatchObject({ status: 'disabled', lastError: 'The receiver answered 410.' })
    expect((await streamOf('slow'))?.lastError).toContain('in time')
    expect((await streamOf('elsewhere'))?.lastError).toContain('redirect')
    expect(receiver.at('/trap')).toEqual([])
    expect(JSON.stringify(receiver.events('/theirs'))).not.toContain(grounds.house.acme.id)
    const { items } = await grounds.admin.listAuditEntries({ query: { 'filter[entity]': 'audit_stream', 'filter[entityId]': (await streamOf('gone'))?.id ?? '' } })
    expect(items.map((entry) => entry.changes[0]?.action)).toEqual(['disabled', 'created'])
  })

  it('is paused, resumed where it was left, and deleted; in one organization only', async () => {
    const made = await make('/held')
    const params = { streamId: made.id }
    expect(await grounds.admin.pauseAuditStream({ params })).toMatchObject({ status: 'paused' })
    await grounds.change('While it was paused')
    await grounds.chained()
    expect(receiver.events('/held').filter(({ data }) => JSON.stringify(data.changes).includes('While it was paused'))).toEqual([])
    expect(await grounds.admin.resumeAuditStream({ params })).toMatchObject({ status: 'active' })
    await until('what was held back is sent', () => receiver.events('/held').some(({ data }) => JSON.stringify(data.changes).includes('While it was paused')))
    const foreign = grounds.house.client(auditApi, 'tenant_admin', grounds.house.globex)
    for (const attempt of [() => foreign.pauseAuditStream({ params }), () => foreign.resumeAuditStream({ params }), () => foreign.deleteAuditStream({ params })]) await expect(attempt()).rejects.toMatchObject({ status: 404 })
    expect(JSON.stringify(await foreign.listAuditStreams())).not.toContain(made.id)
    await grounds.admin.deleteAuditStream({ params })
    expect(await streamOf('held')).toBeUndefined()
    await expect(grounds.admin.deleteAuditStream({ params })).rejects.toMatchObject({ status: 404 })
  })

  it('is refused to bad addresses, taken names, strangers and those who may only read', async () => {
    for (const url of ['http://siem.example.com/x', 'https://10.0.0.1/x', 'https://user:word@siem.example.com/', 'no address at all']) {
      await expect(grounds.admin.createAuditStream({ body: { name: `bad ${url.slice(0, 12)}`, url } })).rejects.toMatchObject({ status: 422, errors: [{ pointer: '/url' }] })
    }
    await expect(make('/whole')).rejects.toMatchObject({ status: 409, errors: [{ pointer: '/name' }] })
    await expect(grounds.admin.createAuditStream({ body: { name: ' ', url: receiver.url('/x') } })).rejects.toMatchObject({ status: 400 })
    await expect(grounds.auditor.createAuditStream({ body: { name: 'mine', url: receiver.url('/x') } })).rejects.toMatchObject({ status: 403 })
    await expect(grounds.house.client(auditApi, 'planner').listAuditStreams()).rejects.toMatchObject({ status: 403 })
  })

  it('waits longer after each failure, an hour at most', () => {
    const pauses = Array.from({ length: 30 }, (_, failures) => pauseAfter(failures, 1))
    expect(pauses.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000])
    expect(Math.max(...pauses)).toBe(3_600_000)
    expect(pauseAfter(3, 0)).toBe(6_000)
  })
})
