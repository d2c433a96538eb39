import type { Path } from './place.ts'

/** One resource as it was written: JSON data, and where each part of it stands. */
export interface ResourceDocument {
  readonly file: string
  /** JSON data; nesting is bounded, and no object contains itself. */
  readonly data: unknown
  /** The line (from 1) of what `path` leads to, or of the innermost thing around it. */
  lineOf(path: Path): number
}

/** A document, and what a kustomization adds to it. */
export interface PlacedDocument {
  readonly document: ResourceDocument
  /** Overrides the document's own namespace. */
  readonly namespace: string | undefined
  /** Override the document's own annotations. */
  readonly annotations: ReadonlyMap<string, string>
}
