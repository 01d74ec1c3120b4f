/** One folder a kind, so that a role can be granted one kind only. */
export type ObjectKind = 'bundles' | 'data' | 'reports' | 'models' | 'evidence';

/** Immutable objects under the sha256 of their bytes. */
export interface ArtifactStore {
  /** Stores the bytes; the same bytes twice are one object. Returns `sha256:<64 hex>`. */
  put(kind: ObjectKind, bytes: Uint8Array): Promise<string>;
  /** The bytes, their hash checked. Throws `ArtifactMissing`, `ArtifactCorrupt`. */
  get(kind: ObjectKind, sha256: string): Promise<Uint8Array>;
  /** Size in bytes, or undefined when there is no such object. */
  size(kind: ObjectKind, sha256: string): Promise<number | undefined>;
  /** A URL that takes exactly these bytes by PUT for a short time, with the headers to send. */
  presignPut(
    kind: ObjectKind,
    sha256: string,
    bytes: number,
  ): Promise<{ readonly url: string; readonly headers: Readonly<Record<string, string>> }>;
}
