import type { Profile } from '../profile.ts'
import { type Resources, readResources } from '../resources/read-resources.ts'
import type { ServiceUrls } from '../resources/resolve-destination.ts'
import { FileFault } from './file-fault.ts'
import { readDocuments } from './read-documents.ts'

const NO_ANNOTATIONS: ReadonlyMap<string, string> = new Map()

/**
 * What the text of one file says by itself: its Brokers and Triggers, and what is wrong with it.
 * Never throws; a text that is no YAML has one fault and no resources.
 */
export function parseResources(
  file: string,
  text: string,
  services: ServiceUrls = new Map(),
  profile: Profile = 'embedded',
): Resources {
  try {
    const documents = readDocuments(file, text)
    return readResources(
      documents.map((document) => ({
        document,
        namespace: undefined,
        annotations: NO_ANNOTATIONS,
      })),
      services,
      profile,
    )
  } catch (error) {
    if (!(error instanceof FileFault)) throw error
    return { snapshot: { brokers: [], triggers: [] }, faults: [error.message], ignored: [] }
  }
}
