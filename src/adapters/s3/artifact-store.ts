import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { setTimeout as sleep } from 'node:timers/promises';
import { sha256Hex } from '#domain/canonical.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { ArtifactStore, ObjectKind } from '#domain/ports/artifact-store.ts';
import { isAwsError, reaching } from '#adapters/aws/errors.ts';

/** How long an upload's URL holds. */
const PRESIGN_SECONDS = 15 * 60;
/** Two writers of the same new key at once: S3 answers one of them 409 and asks for another try. */
const CONFLICT_TRIES = 3;

/**
 * Objects under `<kind>/<first 2 hex>/<64 hex>` in one bucket.
 *
 * The role needs s3:ListBucket too: without it S3 answers 403 instead of 404 for a missing object.
 */
export function s3ArtifactStore(client: S3Client, bucket: string): ArtifactStore {
  return {
    async put(kind, bytes) {
      const sha256 = sha256Hex(bytes);
      const command = () =>
        new PutObjectCommand({
          Bucket: bucket,
          Key: objectKey(kind, sha256),
          Body: bytes,
          ContentLength: bytes.byteLength,
          ContentType: 'application/octet-stream',
          ChecksumSHA256: base64Of(sha256),
          IfNoneMatch: '*',
        });
      for (let tried = 1; ; tried++) {
        try {
          await reaching('S3', () => client.send(command()));
          return sha256;
        } catch (error) {
          // The key is the content's hash: what is there already is the same object.
          if (isAwsError(error, 'PreconditionFailed')) return sha256;
          const again = isAwsError(error, 'ConditionalRequestConflict') && tried < CONFLICT_TRIES;
          if (!again) throw error;
          await sleep(50 * tried);
        }
      }
    },

    async get(kind, sha256) {
      const key = objectKey(kind, sha256);
      const bytes = await reaching('S3', async () => {
        try {
          const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
          return await answer.Body?.transformToByteArray();
        } catch (error) {
          if (isAwsError(error, 'NoSuchKey', 'NotFound')) return undefined;
          throw error;
        }
      });
      if (bytes === undefined) {
        throw new TitleholderError('ArtifactMissing', `there is no object ${key}`, {
          kind,
          sha256,
        });
      }
      if (sha256Hex(bytes) !== sha256) {
        throw new TitleholderError('ArtifactCorrupt', `the object ${key} does not have its hash`, {
          kind,
          sha256,
        });
      }
      return bytes;
    },

    async size(kind, sha256) {
      const key = objectKey(kind, sha256);
      return reaching('S3', async () => {
        try {
          const answer = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
          return answer.ContentLength ?? 0;
        } catch (error) {
          if (isAwsError(error, 'NotFound', 'NoSuchKey')) return undefined;
          throw error;
        }
      });
    },

    async presignPut(kind, sha256, bytes) {
      const checksum = base64Of(sha256);
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: objectKey(kind, sha256),
        ContentLength: bytes,
        ChecksumSHA256: checksum,
      });
      // As signed headers, both bind: another length or checksum is 403, other bytes are 400. The
      // presigner would move the checksum into the query, where nobody holds the upload to it.
      const url = await getSignedUrl(client, command, {
        expiresIn: PRESIGN_SECONDS,
        unhoistableHeaders: new Set(['x-amz-checksum-sha256']),
        signableHeaders: new Set(['host', 'content-length', 'x-amz-checksum-sha256']),
      });
      // Every HTTP client sends the length of its body by itself.
      return { url, headers: { 'x-amz-checksum-sha256': checksum } };
    },
  };
}

/** Throws `BadInput` for what isn't a hash, so that no caller's text becomes a key. */
export function objectKey(kind: ObjectKind, sha256: string): string {
  const hex = hexOf(sha256);
  return `${kind}/${hex.slice(0, 2)}/${hex}`;
}

function hexOf(sha256: string): string {
  if (!/^sha256:[0-9a-f]{64}$/.test(sha256)) {
    throw new TitleholderError('BadInput', 'an artifact is named sha256: and 64 hex digits');
  }
  return sha256.slice('sha256:'.length);
}

function base64Of(sha256: string): string {
  return Buffer.from(hexOf(sha256), 'hex').toString('base64');
}
