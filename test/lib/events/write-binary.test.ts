import t from 'tap'
import { percentEncode } from '#events/percent-encode.ts'
import { rawEncode } from '#events/raw-encode.ts'
import { writeBinary } from '#events/write-binary.ts'
import { anEvent } from '../../support/an-event.ts'

t.test('writeBinary() percent-encodes exactly what H7 says', async (t) => {
  const headers = writeBinary(anEvent({ subject: 'Euro € 😀' }))

  t.same(headers.slice(-2), ['ce-subject', 'Euro%20%E2%82%AC%20%F0%9F%98%80'])
})

t.test('writeBinary() puts content-type last and verbatim (H4)', async (t) => {
  const headers = writeBinary(
    anEvent({ datacontenttype: 'TEXT/Plain; CharSet=utf-8', ext: 'a' }, 'x'),
  )

  t.same(headers.slice(-4), ['ce-ext', 'a', 'content-type', 'TEXT/Plain; CharSet=utf-8'])
})

t.test('percentEncode() leaves U+0021 to U+007E but for two as they are (H7)', async (t) => {
  for (let code = 0; code < 0x80; code++) {
    const character = String.fromCharCode(code)
    const isKept = code >= 0x21 && code <= 0x7e && character !== '"' && character !== '%'
    const hex = code.toString(16).toUpperCase().padStart(2, '0')
    t.equal(percentEncode(`a${character}b`), isKept ? `a${character}b` : `a%${hex}b`)
  }
  t.equal(percentEncode('\u0080\u07ff\u0800\u{10fffd}'), '%C2%80%DF%BF%E0%A0%80%F4%8F%BF%BD')
})

t.test('rawEncode() leaves ASCII that a header can hold as it is', async (t) => {
  const table: Record<string, string> = {
    '': '',
    a: 'a',
    'a "b" 100% %41': 'a "b" 100% %41',
    'Euro € 😀 é': 'Euro %E2%82%AC %F0%9F%98%80 %C3%A9',
    'a\r\nb\tc\0': 'a%0D%0Ab%09c%00',
    ' a b ': '%20a b%20',
    '   ': '%20%20%20',
    '\u007f\u0080': '%7F%C2%80',
  }
  for (const [text, encoded] of Object.entries(table)) t.equal(rawEncode(text), encoded, text)
  const spaces = ' '.repeat(100_000)
  t.equal(rawEncode(`a${spaces}b`), `a${spaces}b`, 'and is not slow about it')
  t.same(writeBinary(anEvent({ subject: 'a b' }), rawEncode).slice(-1), ['a b'])
})
