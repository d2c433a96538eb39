import { describeFaults } from '../resources/describe-faults.ts'
import { entriesOf, fail, type Place, quoted, stringAt } from '../resources/place.ts'
import { type ServiceUrls, urlFault } from '../resources/resolve-destination.ts'
import { FileFault } from './file-fault.ts'
import { readOneDocument } from './read-documents.ts'

const NAME = /^([a-z0-9]([-a-z0-9]*[a-z0-9])?\/)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/

/**
 * Reads SERVICES_FILE: one object in YAML or JSON, from a Service's name, or `<namespace>/<name>`,
 * to the http(s) URL at which it is reached.
 *
 * @throws FileFault with file, line, name and reason.
 */
export function readServices(file: string, text: string): ServiceUrls {
  const document = readOneDocument(file, text)
  if (document === undefined) return new Map()
  const root: Place = { value: document.data, path: [], faults: [] }
  const services = new Map<string, string>()
  for (const [name, place] of entriesOf(root)) {
    if (name.length > 320 || !NAME.test(name)) {
      fail(place, `${quoted(name)} is no name of a Service: write name or namespace/name`)
    }
    const url = stringAt(place)
    const message = url === undefined ? undefined : urlFault(url)
    if (message !== undefined) fail(place, message)
    else if (url !== undefined) services.set(name, url)
  }
  const refused = describeFaults({ document, faults: root.faults })
  if (refused !== undefined) throw new FileFault(refused.message)
  return services
}
