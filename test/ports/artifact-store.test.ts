import { PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { memoryArtifactStore } from '#adapters/memory/artifact-store.ts';
import { objectKey, s3ArtifactStore } from '#adapters/s3/artifact-store.ts';
import { sha256Hex } from '#domain/canonical.ts';
import type { ArtifactStore, ObjectKind } from '#domain/ports/artifact-store.ts';
import { freshBucket, hasAws, unique } from './support/aws.ts';

interface Made {
  readonly store: ArtifactStore;
  /** Puts as a client does; the HTTP status. */
  upload(
    to: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
    bytes: Uint8Array,
  ): Promise<number>;
  corrupt(kind: ObjectKind, sha256: string): Promise<void>;
}

describeArtifactStore('memory', () => {
  const store = memoryArtifactStore();
  return Promise.resolve({
    store,
    upload: (to, bytes) =>
      Promise.resolve().then(() => {
        try {
          store.upload(to.url, to.headers, bytes);
          return 200;
        } catch {
          return 403;
        }
      }),
    corrupt: (kind, sha256) => {
      store.corrupt(kind, sha256);
      return Promise.resolve();
    },
  });
});

const onS3 = async (): Promise<Made> => {
  const { clients, bucket } = await freshBucket();
  return {
    store: s3ArtifactStore(clients.s3(), bucket),
    upload: async ({ url, headers }, bytes) => {
      const answer = await fetch(url, { method: 'PUT', headers, body: new Uint8Array(bytes) });
      await answer.text();
      return answer.status;
    },
    corrupt: async (kind, sha256) => {
      const Key = objectKey(kind, sha256);
      await clients.s3().send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'spoilt' }));
    },
  };
};
if (hasAws) {
  describeArtifactStore('S3', onS3);

  describe('S3 uploads by URL', () => {
    it('refuses a URL whose signature, kind or length was changed', async () => {
      const made = await onS3();
      const { store } = made;
      const bytes = new TextEncoder().encode(unique('x'));
      const sha256 = sha256Hex(bytes);
      const good = await store.presignPut('data', sha256, bytes.byteLength);
      const moved = { ...good, url: good.url.replace('/data/', '/models/') };
      expect(await made.upload(moved, bytes)).toBe(403);
      const forged = {
        ...good,
        url: good.url.replace(/X-Amz-Signature=..../, 'X-Amz-Signature=0000'),
      };
      expect(await made.upload(forged, bytes)).toBe(403);
      expect(await store.size('models', sha256)).toBeUndefined();
      expect(new URL(good.url).searchParams.get('X-Amz-Expires')).toBe('900');
      const signed = new URL(good.url).searchParams.get('X-Amz-SignedHeaders');
      expect(signed?.split(';').sort()).toEqual([
        'content-length',
        'host',
        'x-amz-checksum-sha256',
      ]);
    });
  });
}

export function describeArtifactStore(name: string, make: () => Promise<Made>): void {
  describe(`ArtifactStore: ${name}`, () => {
    let store: ArtifactStore;
    let made: Made;
    beforeAll(async () => {
      made = await make();
      ({ store } = made);
    });
    const fresh = () => new TextEncoder().encode(unique('bytes'));

    it('keeps bytes under their hash, the same bytes twice as one object', async () => {
      const bytes = fresh();
      const sha256 = await store.put('models', bytes);
      expect(sha256).toBe(sha256Hex(bytes));
      expect(await store.put('models', bytes)).toBe(sha256);
      expect(new Uint8Array(await store.get('models', sha256))).toEqual(bytes);
      expect(await store.size('models', sha256)).toBe(bytes.byteLength);
    });

    it('takes no bytes at all, and a megabyte', async () => {
      for (const bytes of [new Uint8Array(), new Uint8Array(1024 * 1024).fill(7)]) {
        const sha256 = await store.put('data', bytes);
        expect(sha256Hex(await store.get('data', sha256))).toBe(sha256);
      }
    });

    it('stores the same bytes from twenty callers at once', async () => {
      const bytes = fresh();
      const hashes = await Promise.all(Array.from({ length: 20 }, () => store.put('data', bytes)));
      expect(new Set(hashes).size).toBe(1);
    });

    it('keeps the kinds apart', async () => {
      const sha256 = await store.put('data', fresh());
      expect(await store.size('models', sha256)).toBeUndefined();
      await expect(store.get('models', sha256)).rejects.toMatchObject({ name: 'ArtifactMissing' });
    });

    it('notices bytes that lost their hash', async () => {
      const sha256 = await store.put('evidence', fresh());
      await made.corrupt('evidence', sha256);
      await expect(store.get('evidence', sha256)).rejects.toMatchObject({
        name: 'ArtifactCorrupt',
      });
    });

    it.each(['', 'sha256:../../x', `sha256:${'A'.repeat(64)}`])(
      'refuses %j as a name',
      async (wrong) => {
        await expect(store.get('data', wrong)).rejects.toMatchObject({ name: 'BadInput' });
        await expect(store.size('data', wrong)).rejects.toMatchObject({ name: 'BadInput' });
        await expect(store.presignPut('data', wrong, 1)).rejects.toMatchObject({
          name: 'BadInput',
        });
      },
    );

    it('gives a URL that takes exactly these bytes', async () => {
      const bytes = fresh();
      const sha256 = sha256Hex(bytes);
      const to = await store.presignPut('bundles', sha256, bytes.byteLength);
      const others = bytes.slice().fill(65);
      expect(await made.upload(to, others)).toBeGreaterThanOrEqual(400);
      expect(await made.upload(to, new Uint8Array([...bytes, 1]))).toBeGreaterThanOrEqual(400);
      const lying = {
        ...to,
        headers: {
          ...to.headers,
          'x-amz-checksum-sha256': Buffer.from(sha256Hex(others).slice(7), 'hex').toString(
            'base64',
          ),
        },
      };
      expect(await made.upload(lying, others)).toBeGreaterThanOrEqual(400);
      expect(await store.size('bundles', sha256)).toBeUndefined();
      expect(await made.upload(to, bytes)).toBe(200);
      expect(new Uint8Array(await store.get('bundles', sha256))).toEqual(bytes);
    });
  });
}
