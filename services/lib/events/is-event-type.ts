const EVENT_TYPE = 'application/cloudevents'
/** The first letter after the slash. */
const SUBTYPE = EVENT_TYPE.indexOf('/') + 1

/** Whether a content type begins with `application/cloudevents`, in any letter case: an event format. */
export function isEventType(contentType: string): boolean {
  // Nearly all content types are told apart by one letter.
  if ((contentType.charCodeAt(SUBTYPE) | 0x20) !== 0x63) return false
  return contentType.slice(0, EVENT_TYPE.length).toLowerCase() === EVENT_TYPE
}
