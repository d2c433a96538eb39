import t from 'tap'
import { charset } from '#events/charset.ts'
import { decodeBase64 } from '#events/decode-base64.ts'
import { forbiddenCharacter } from '#events/forbidden-character.ts'
import { isJsonType } from '#events/is-json-type.ts'
import { isMediaType } from '#events/is-media-type.ts'
import { isTimestamp } from '#events/is-timestamp.ts'
import { isAbsoluteUri, isUriReference } from '#events/is-uri-reference.ts'

/** The text in a test's name: TAP is line by line, and some characters end one. */
function ascii(text: string): string {
  const unicode = (c: string) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(text).replace(/[^ -~]/g, unicode)
}

/** One assertion per value, so that a failure names it. */
function table(
  name: string,
  check: (text: string) => boolean,
  accepted: readonly string[],
  rejected: readonly string[],
): void {
  t.test(name, async (t) => {
    for (const text of accepted) t.equal(check(text), true, `accepts ${ascii(text)}`)
    for (const text of rejected) t.equal(check(text), false, `rejects ${ascii(text)}`)
  })
}

table(
  'T6 isTimestamp()',
  isTimestamp,
  [
    '2018-04-05T17:31:00Z',
    '2018-04-05t17:31:00z',
    '2018-04-05T17:31:00.1Z',
    '2018-04-05T18:31:00.123456789+01:00',
    '2018-04-05T18:31:00.123456789012345678901234567890Z',
    '2018-04-05T18:31:00-00:00',
    '2018-04-05T18:31:00+23:59',
    '1990-12-31T23:59:60Z',
    '1990-12-31T15:59:60-08:00',
    '1991-01-01T00:59:60.5+01:00',
    '2000-02-29T00:00:00Z',
    '2024-02-29T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
  ],
  [
    '',
    'lunchtime',
    '2018-04-05',
    '2018-04-05T18:31Z',
    '2018-04-05T18:31:00',
    '2018-04-05T18:31:00X',
    '2018-04-05T18:31:00+01',
    '2018-04-05T18:31:00+0100',
    '2018-04-05T18:31:00+25:00',
    '2018-04-05T18:31:00+24:00',
    '2018-04-05T18:31:00+01:60',
    '2018-04-05T18:31:00+xx:00',
    '2018-04-05T18:31:00+01:00x',
    '2018-04-05T18:31:00Zx',
    '2018-04-05T18:31:00.Z',
    '2018-04-05T18:31:00,5Z',
    '2018-04-05 18:31:00Z',
    '2018-04-05_18:31:00Z',
    '2018-04-05T24:00:00Z',
    '2018-04-05T18:60:00Z',
    '2018-04-05T18:31:61Z',
    '2018-04-05T18:31:60Z',
    '1990-12-31T23:59:60+01:00',
    '2100-02-29T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '2018-04-31T00:00:00Z',
    '2018-00-01T00:00:00Z',
    '2018-13-01T00:00:00Z',
    '2018-01-00T00:00:00Z',
    '2018-4-5T18:31:00Z0000',
    '18-04-05T18:31:00Z00',
    '+018-04-05T18:31:00Z',
    '2018-04-05T1:31:00.00Z',
    ' 2018-04-05T18:31:00Z',
    '２018-04-05T18:31:00Z',
  ],
)

table(
  'T5 isUriReference()',
  isUriReference,
  [
    '',
    '#fragment',
    '1-555-123-4567',
    '//a/b',
    '/',
    '.',
    '../a/./b',
    '?q=1?2/3',
    'a/b:c',
    './a:b',
    'urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66',
    'mailto:cncf-wg-serverless@lists.cncf.io',
    'https://github.com/cloudevents/spec/pull/123?a=b#c',
    '/apis/v1/namespaces/default/pingsources/x#y',
    'http://user:pa:ss@host.example:8080/p;x=1,2?q#f',
    'http://[2001:db8::1]:80/x',
    'http://[::ffff:1.2.3.4]',
    'http://[v1.a:b]/',
    'http://a:/b',
    'file:///etc/hosts',
    'caf%C3%A9',
    '%7E%c3',
    "!$&'()*+,;=~@",
  ],
  [
    'has space',
    ' /a',
    'café',
    'a"b',
    '<a>',
    'a\\b',
    'a^b',
    'a`b',
    '{a}',
    'a|b',
    'a\tb',
    'a%',
    'a%4',
    'a%zz',
    '#a#b',
    'a#%2',
    '?a=[1]',
    '/a[0]',
    ':a',
    '1a:b',
    'a_b:c',
    'a b:c',
    'http://[::1',
    'http://::1]',
    'http://[::1]x',
    'http://[1.2.3.4]',
    'http://[::1%25eth0]',
    'http://[v.a]',
    'http://[v1.]',
    'http://[vg.a]',
    'http://a:b/',
    'http://a:1:2/',
    'http://a@b@c/',
    'http://a b/',
    'http://[a@b/',
    'http://a%zz@b/',
    '//a[b]/',
  ],
)

table(
  'T5 isAbsoluteUri()',
  isAbsoluteUri,
  ['https://cloudevents.io/schema', 'urn:x:y', 'a:', 'http://a?b', 'h2+x-y.z:/'],
  ['', '/rel', 'rel', '//a/b', '#f', 'https://a/b#c', 'https://a/b#', ':a', 'https://a b', '?q:x'],
)

table(
  'N7 isMediaType()',
  isMediaType,
  [
    'application/json',
    'text/plain;charset=utf-8',
    'TEXT/Plain; CharSet="utf-8"',
    'application/vnd.x+json ; v=1;w="a;b\\"c"',
    'text/plain;',
    'text/plain; ;a=b',
    'a/b;c=""',
    "x!#$%&'*+-.^_`|~/y",
  ],
  [
    '',
    'xyz',
    '/',
    'text/',
    '/plain',
    'text/plain/x',
    'text /plain',
    'text/plain charset',
    'text/plain;charset',
    'text/plain;charset=',
    'text/plain;=utf-8',
    'text/plain;charset="utf-8',
    'text/plain;charset="utf-8\\',
    'text/plain;charset="a"b',
    'text/plain;charset="é"',
    'text/plain;charset="a\tb"',
    'text/plain, text/html',
    'téxt/plain',
    ' text/plain',
    'text/plain ',
    '*/é',
  ],
)

table(
  'J4 H21 isJsonType()',
  isJsonType,
  [
    'application/json',
    'text/json',
    'Application/JSON;charset="utf-8"',
    'application/vnd.x+json;v=1',
    'application/vnd.x+JSON ; v=1',
    'image/x+json',
  ],
  ['application/jsonwrong', 'application/json-seq', 'text/plain;x=/json', 'json', '+json', ''],
)

table(
  'T4 decodeBase64()',
  (text) => decodeBase64(text) !== undefined,
  ['', 'TWE=', 'TQ==', 'TWFu', 'AQL/', '+/+/'],
  ['x', 'TWFU=', '==TQ', '!!!', '!!!!', 'TQ', 'TQ=', 'AQL_', 'TW E', 'TWE=\n', 'TR==', 'TWEé'],
)

table(
  'T3 forbiddenCharacter()',
  (text) => forbiddenCharacter(text) === -1,
  ['', ' ~', '\u00a0', '\ud800\udead', '\ufdcf\ufdf0\ufffd', '\u{10fffd}', '\u2028'],
  [
    'a\nb',
    '\u0000',
    '\u001f',
    '\u007f',
    '\u0080',
    '\u009f',
    '\ud800',
    '\udc00x',
    'a\ud800\ud800\udc00',
    '\ufdd0',
    '\ufdef',
    '\ufffe',
    '\uffff',
    '\u{1fffe}',
    '\u{10ffff}',
  ],
)

t.test('forbiddenCharacter() says where', async (t) => {
  t.equal(forbiddenCharacter('a😀\n'), 3)
  t.equal(forbiddenCharacter('\n'), 0)
})

t.test('decodeBase64() gives the exact bytes (J3)', async (t) => {
  t.strictSame([...(decodeBase64('AQL/') ?? [])], [1, 2, 0xff])
})

t.test('charset() reads the parameter in any case, quoted or not', async (t) => {
  t.equal(charset('a/b'), undefined)
  t.equal(charset('a/b;x=y'), undefined)
  t.equal(charset('a/b; CharSet="UTF-8"; x=y'), 'utf-8')
  t.equal(charset('a/b;charset=ISO-8859-1'), 'iso-8859-1')
})
