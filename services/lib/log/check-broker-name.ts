/**
 * Checks that `broker` is `<namespace>/<name>`, each of them fit for a file's name.
 * @throws TypeError
 */
export function checkBrokerName(broker: string): void {
  if (/^[a-z0-9][a-z0-9.-]{0,252}\/[a-z0-9][a-z0-9.-]{0,252}$/i.test(broker)) return
  throw new TypeError(`Cannot open the event log of "${broker}": expected <namespace>/<name>`)
}
