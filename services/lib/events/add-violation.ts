import type { Findings } from './findings.ts'

/** More than that help nobody, and the answer has to stay smaller than the request. */
export const MAX_VIOLATIONS = 1000
const MAX_NAME_LENGTH = 64

/**
 * Notes that the attribute or member `name` breaks `rule`. The name is cut to 64 characters, and
 * after 1000 violations of one message further ones are left out.
 */
export function addViolation(findings: Findings, rule: string, name: string, detail: string): void {
  if (findings.violations.length >= MAX_VIOLATIONS) return
  const at = locate(findings, name)
  findings.violations.push(
    findings.index === undefined
      ? { rule, at, detail }
      : { rule, at, detail, index: findings.index },
  )
}

/** Notes that `name` is missing, unless something is already known to be wrong with it. */
export function addMissing(findings: Findings, rule: string, name: string, detail: string): void {
  if (findings.violations.length >= MAX_VIOLATIONS) return
  const at = locate(findings, name)
  const isKnown = findings.violations.some((v) => v.at === at && v.index === findings.index)
  if (!isKnown) addViolation(findings, rule, name, detail)
}

function locate(findings: Findings, name: string): string {
  const short = name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH)}...` : name
  if (findings.prefix === 'ce-') return short === 'datacontenttype' ? 'content-type' : `ce-${short}`
  // RFC 6901, section 3.
  return findings.prefix + short.replaceAll('~', '~0').replaceAll('/', '~1')
}
