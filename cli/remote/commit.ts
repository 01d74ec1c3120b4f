/** Sends a committed model folder: packed, checked, uploaded by presigned URLs, then announced. */
import { existsSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { ModelName } from '#contracts/folder/names.ts';
import { sha256Hex } from '#domain/canonical.ts';
import { type CiRun, makeCiReport } from '../local/ci.ts';
import { pack } from '../local/pack.ts';
import { Stop } from '../output.ts';
import type { StartedAnswer } from '#contracts/answers.ts';
import { readGit } from './git.ts';
import type { Session } from './session.ts';

export interface Sent extends StartedAnswer {
  readonly model: string;
  readonly commit: string;
  readonly bundle: string;
  readonly data: string;
  readonly ciReport: string;
}

interface Upload {
  readonly kind: 'bundles' | 'data' | 'reports';
  readonly sha256: string;
  readonly bytes: Uint8Array;
}

/**
 * @throws Stop 2 when the folder is unknown, dirty or has invalid documents, or the API refuses it; 1
 * when its CI tests fail: nothing is uploaded then.
 */
export async function commitFolder(of: {
  readonly folder: string;
  readonly branch?: string | undefined;
  readonly session: Session;
  readonly say: (line: string) => void;
}): Promise<Sent> {
  const { session, say } = of;
  const folder = resolve(of.folder);
  const model = basename(folder);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new Stop(2, `there is no model folder ${of.folder}`);
  }
  if (!ModelName.safeParse(model).success) {
    throw new Stop(
      2,
      `"${model}" is no model's name: a lower-case letter, then up to 29 of a-z, 0-9, -`,
    );
  }
  const git = await readGit(folder, of.folder);
  say(`packing ${of.folder} at ${git.commit.slice(0, 12)}`);
  const packed = await pack(folder);
  say('making the CI report: lint, schema check, a 1,000-row try');
  const report = await makeCiReport({
    packed,
    folder,
    commit: git.commit,
    submitter: session.who,
    authors: git.authors,
  });
  refuseFailed(report, say);
  const bundle: Upload = { kind: 'bundles', sha256: packed.sha256, bytes: packed.bytes };
  const data: Upload = { kind: 'data', sha256: packed.data.sha256, bytes: packed.data.bytes };
  const ciReport: Upload = {
    kind: 'reports',
    sha256: sha256Hex(report.bytes),
    bytes: report.bytes,
  };
  await upload(session, model, [bundle, data, ciReport], say);
  const branch = of.branch ?? git.branch;
  const started = await session.api.commit({
    model,
    commit: git.commit,
    branch,
    bundle: bundle.sha256,
    data: data.sha256,
    ciReport: ciReport.sha256,
  });
  return {
    ...started,
    model,
    commit: git.commit,
    bundle: bundle.sha256,
    data: data.sha256,
    ciReport: ciReport.sha256,
  };
}

/** The pipeline would refuse it too, but only after an upload and a queue. */
function refuseFailed({ failed }: CiRun, say: (line: string) => void): void {
  if (failed.length === 0) return;
  for (const { words } of failed) if (words !== '') say(words.trimEnd());
  const all = failed.map(({ name, failure }) => `${name}: ${failure ?? ''}`).join('; ');
  throw new Stop(1, `nothing was sent, CI failed: ${all.replace(/\s+/g, ' ')}`);
}

async function upload(
  session: Session,
  model: string,
  objects: readonly Upload[],
  say: (line: string) => void,
): Promise<void> {
  const { uploads } = await session.api.uploads({
    model,
    objects: objects.map(({ kind, sha256, bytes }) => ({ kind, sha256, bytes: bytes.length })),
  });
  for (const object of objects) {
    const place = uploads.find((one) => one.kind === object.kind && one.sha256 === object.sha256);
    if (place === undefined) {
      throw new Stop(70, `the API gave no place for the ${object.kind} object`);
    }
    if (place.url === null) continue;
    say(`uploading ${object.kind} (${(object.bytes.length / 1024).toFixed(0)} KB)`);
    await put(place.url, place.headers, object);
  }
}

async function put(
  url: string,
  headers: Readonly<Record<string, string>>,
  object: Upload,
): Promise<void> {
  let status: number;
  try {
    const response = await fetch(url, {
      method: 'PUT',
      headers,
      body: Buffer.from(object.bytes),
      signal: AbortSignal.timeout(300_000),
    });
    await response.arrayBuffer();
    status = response.status;
  } catch (error) {
    throw new Stop(3, `the store at ${new URL(url).origin} doesn't answer`, { cause: error });
  }
  if (status !== 200) {
    throw new Stop(
      status < 500 ? 2 : 3,
      `the store refused the ${object.kind} object (HTTP ${status})`,
    );
  }
}
