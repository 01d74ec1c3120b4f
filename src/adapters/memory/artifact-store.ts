import { sha256Hex } from '#domain/canonical.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { ArtifactStore, ObjectKind } from '#domain/ports/artifact-store.ts';

export interface MemoryArtifactStore extends ArtifactStore {
  /** What a client's PUT to a presigned URL does. Throws as S3 refuses. */
  upload(url: string, headers: Readonly<Record<string, string>>, bytes: Uint8Array): void;
  /** Spoils a stored object, for tests of who notices. */
  corrupt(kind: ObjectKind, sha256: string): void;
}

export function memoryArtifactStore(): MemoryArtifactStore {
  const objects = new Map<string, Uint8Array>();
  const key = (kind: ObjectKind, sha256: string) => {
    if (!/^sha256:[0-9a-f]{64}$/.test(sha256)) {
      throw new TitleholderError('BadInput', 'an artifact is named sha256: and 64 hex digits');
    }
    return `${kind}/${sha256}`;
  };
  return {
    put: (kind, bytes) =>
      Promise.try(() => {
        const sha256 = sha256Hex(bytes);
        if (!objects.has(key(kind, sha256))) objects.set(key(kind, sha256), bytes.slice());
        return sha256;
      }),
    get: (kind, sha256) =>
      Promise.try(() => {
        const bytes = objects.get(key(kind, sha256));
        if (bytes === undefined) {
          throw new TitleholderError('ArtifactMissing', `there is no object ${kind}/${sha256}`, {
            kind,
            sha256,
          });
        }
        if (sha256Hex(bytes) !== sha256) {
          throw new TitleholderError(
            'ArtifactCorrupt',
            `the object ${kind}/${sha256} does not have its hash`,
            { kind, sha256 },
          );
        }
        return bytes.slice();
      }),
    size: (kind, sha256) => Promise.try(() => objects.get(key(kind, sha256))?.byteLength),
    presignPut: (kind, sha256, bytes) =>
      Promise.try(() => ({
        url: `memory:${key(kind, sha256)}?bytes=${bytes}`,
        headers: { 'x-amz-checksum-sha256': sha256 },
      })),
    upload(url, headers, bytes) {
      const { pathname, searchParams } = new URL(url);
      const sha256 = sha256Hex(bytes);
      const agreed =
        pathname.endsWith(`/${sha256}`) &&
        headers['x-amz-checksum-sha256'] === sha256 &&
        searchParams.get('bytes') === String(bytes.byteLength);
      if (!agreed) throw new TitleholderError('Forbidden', 'the URL takes other bytes');
      objects.set(pathname, bytes.slice());
    },
    corrupt(kind, sha256) {
      objects.set(key(kind, sha256), new Uint8Array([0]));
    },
  };
}
