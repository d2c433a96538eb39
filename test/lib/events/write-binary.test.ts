import t from 'tap'
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
