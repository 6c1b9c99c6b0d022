import { describe, expect, test } from 'vitest'
import { createOutbound, type OutboundOptions } from '../outbound.ts'
import { isPublicAddress, mayConnect } from '../special-use.ts'

const SPECIAL = [
  '0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '100.100.100.200', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1', '172.31.255.255',
  '192.0.0.1', '192.0.2.1', '192.88.99.1', '192.168.1.1', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.1', '240.0.0.1',
  '255.255.255.255', '168.63.129.16',
  '::', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:8.8.8.8', '::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b::808:808', '64:ff9b:1::a00:1', '100::1',
  '2001::1', '2001:0:4136:e378:8000:63bf:3fff:fdd2', '2001:10::1', '2001:db8::1', '2002:7f00:1::', '3fff::1', '2620:4f:8000::1', '5f00::1', 'fc00::1',
  'fd00:ec2::254', 'fe80::1', 'fe80::1%eth0', '2606:4700::1111%eth0', 'fec0::1', 'ff02::1', '4000::1',
  '', 'localhost', '1.2.3', '1.2.3.4.5', '0x7f000001',
]
const PUBLIC = ['1.1.1.1', '8.8.8.8', '100.63.255.255', '100.128.0.1', '172.15.255.255', '172.32.0.1', '192.0.1.1', '198.17.255.255', '223.255.255.255', '2606:4700::1111', '2a00:1450:4001::1', '2001:4860:4860::8888']

describe('special-use addresses', () => {
  test.each(SPECIAL)('"%s" is not the public internet', (address) => expect(isPublicAddress(address)).toBe(false))
  test.each(PUBLIC)('%s is the public internet', (address) => expect(isPublicAddress(address)).toBe(true))

  test('the operator opens a network, and only that one', () => {
    const allowed = ['127.0.0.0/8', 'fd00:1::/32']
    expect(['127.0.0.1', 'fd00:1::5'].map((address) => mayConnect(address, allowed))).toEqual([true, true])
    expect(['10.0.0.1', '::1', 'fd00:2::5', '::ffff:127.0.0.1', '::ffff:7f00:1', 'fd00:1::5%eth0'].map((address) => mayConnect(address, allowed))).toEqual([false, false, false, false, false, false])
  })
  test('a network nobody can read is refused at the start', () => expect(() => createOutbound({ allowedNetworks: ['127.0.0.0/33'] })).toThrow('127.0.0.0/33'))
})

const codeOf = (url: string, options: OutboundOptions = {}): string => createOutbound(options).refusalOf(url)?.code ?? 'ok'

describe('addresses as customers write them', () => {
  test.each([
    ['https://idp.example/.well-known/openid-configuration', 'ok'],
    ['https://idp.example:8443/x?y=1', 'ok'],
    ['https://8.8.8.8/', 'ok'],
    ['https://[2606:4700::1111]/', 'ok'],
    ['https://idp.example./', 'ok'],
    ['http://idp.example/', 'scheme_forbidden'],
    ['http://127.0.0.1/', 'scheme_forbidden'],
    ['file:///etc/passwd', 'scheme_forbidden'],
    ['gopher://idp.example/', 'scheme_forbidden'],
    ['javascript:alert(1)', 'scheme_forbidden'],
    ['data:application/json,{}', 'scheme_forbidden'],
    ['ftp://idp.example/', 'scheme_forbidden'],
    ['', 'url_invalid'],
    ['idp.example', 'url_invalid'],
    ['//idp.example/', 'url_invalid'],
    ['https://', 'url_invalid'],
    ['https://idp example/', 'url_invalid'],
    [' https://idp.example/', 'url_invalid'],
    ['https://idp.example/\r\nHost: x', 'url_invalid'],
    ['https://idp.ex\tample/', 'url_invalid'],
    ['https://idp.example\\@127.0.0.1/', 'url_invalid'],
    ['https://idp..example/', 'url_invalid'],
    ['https://.example/', 'url_invalid'],
    ['https://-idp.example/', 'url_invalid'],
    ['https://idp.exam!ple/', 'url_invalid'],
    [`https://${'a'.repeat(64)}.example/`, 'url_invalid'],
    [`https://idp.example/${'a'.repeat(2048)}`, 'url_invalid'],
    ['https://[fe80::1%25eth0]/', 'url_invalid'],
    ['https://1.2.3.4.5/', 'url_invalid'],
    ['https://256.256.256.256/', 'url_invalid'],
    ['https://user@idp.example/', 'userinfo_forbidden'],
    ['https://user:secret@idp.example/', 'userinfo_forbidden'],
    ['https://:secret@idp.example/', 'userinfo_forbidden'],
    ['https://@idp.example/', 'userinfo_forbidden'],
    ['https://idp.example@127.0.0.1/', 'userinfo_forbidden'],
    ['https://idp.example%40evil@8.8.8.8/', 'userinfo_forbidden'],
    ['https://idp.example:0/', 'port_forbidden'],
    ['https://127.0.0.1/', 'address_forbidden'],
    ['https://127.0.0.1./', 'address_forbidden'],
    ['https://2130706433/', 'address_forbidden'],
    ['https://0x7f000001/', 'address_forbidden'],
    ['https://017700000001/', 'address_forbidden'],
    ['https://0x7f.1/', 'address_forbidden'],
    ['https://127.1/', 'address_forbidden'],
    ['https://0/', 'address_forbidden'],
    ['https://0251.0376.0251.0376/', 'address_forbidden'],
    ['https://2852039166/', 'address_forbidden'],
    ['https://①②⑦.0.0.1/', 'address_forbidden'],
    ['https://127。0。0。1/', 'address_forbidden'],
    ['https://%31%32%37.0.0.1/', 'address_forbidden'],
    ['https://[::1]/', 'address_forbidden'],
    ['https://[::]/', 'address_forbidden'],
    ['https://[::ffff:127.0.0.1]/', 'address_forbidden'],
    ['https://[::ffff:a9fe:a9fe]/', 'address_forbidden'],
    ['https://[64:ff9b::a9fe:a9fe]/', 'address_forbidden'],
    ['https://[fd00:ec2::254]/', 'address_forbidden'],
    ['https://169.254.169.254/latest/meta-data/', 'address_forbidden'],
    ['https://localhost/', 'address_forbidden'],
    ['https://idp.localhost./', 'address_forbidden'],
  ])('%s: %s', (url, code) => expect(codeOf(url)).toBe(code))

  test('the operator may narrow the ports', () => {
    expect(['https://idp.example/', 'https://idp.example:443/', 'https://idp.example:8443/'].map((url) => codeOf(url, { ports: [443] }))).toEqual(['ok', 'ok', 'port_forbidden'])
  })
  test('without TLS only for the hosts the operator names', () => {
    const demo = { plainHttpHosts: ['localhost', '127.0.0.1'], allowedNetworks: ['127.0.0.0/8'] }
    expect(['http://localhost:8080/', 'http://LOCALHOST./', 'http://127.0.0.1/', 'http://127.1/', 'http://127.0.0.2/', 'http://localhost.idp.example/'].map((url) => codeOf(url, demo))).toEqual(['ok', 'ok', 'ok', 'ok', 'scheme_forbidden', 'scheme_forbidden'])
  })
})
