/**
 * Whether `name` may name a context attribute: one or more of a-z and 0-9. The recommended limit
 * of 20 characters is not enforced (CloudEvents 1.0.2, Attribute Naming Convention).
 */
export function isAttributeName(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i)
    if (!((code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39))) return false
  }
  return name.length > 0
}
