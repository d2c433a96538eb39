import type { Measurement } from './bench.ts'
import type { Row } from './report.ts'

/** The line of the table that tells a measurement. */
export function row(name: string, measured: Measurement, isDelivered: boolean): Row {
  const refused = Object.entries(measured.load.statuses).filter(([status]) => status !== '202')
  const notes = refused.map(([status, count]) => `${count} × ${status}`)
  if (measured.load.unanswered > 0) notes.push(`${measured.load.unanswered} unanswered`)
  if (measured.missing > 0) notes.push(`${measured.missing} MISSING`)
  if (measured.duplicates > 0) notes.push(`${measured.duplicates} twice`)
  if (isDelivered) notes.push(`behind ${measured.behindMs.toFixed(0)} ms`)
  const busy = measured.parts.filter(([, micros]) => micros >= measured.cpuMicros / 20)
  notes.push(busy.map(([part, micros]) => `${part} ${micros.toFixed(0)}`).join(' + '))
  return {
    name,
    rate: measured.rate,
    cpuMicros: measured.cpuMicros,
    answered: measured.load.latency,
    ...(isDelivered ? { delivered: measured.sink.latency } : {}),
    memory: measured.memoryPeak,
    note: notes.join(', '),
  }
}
