/** From references to documents: the committed folder, charters, policies. */
import { Bundle } from '#contracts/folder/bundle.ts';
import { Charter, charterOf, type Folder } from '#contracts/folder/charter.ts';
import type { PolicyDocument } from '#contracts/folder/policy.ts';
import { parseJson } from '#contracts/parse.ts';
import type { RunReference } from '#contracts/steps.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import { readFolder } from '#model-folder/read.ts';

/**
 * The model folder that a run's commit brought.
 *
 * Throws `ArtifactMissing`, `ArtifactCorrupt`, and `BadInput` naming file and path: a document that
 * doesn't parse, or another model's folder.
 */
export async function loadFolder(
  artifacts: ArtifactStore,
  of: { readonly model: string; readonly bundle: string },
): Promise<Folder> {
  const bytes = await artifacts.get('bundles', of.bundle);
  const bundle = parseJson(Bundle, bytes, 'the bundle');
  const folder = readFolder(bundle.files);
  if (bundle.model !== of.model || folder.model.name !== of.model) {
    throw new TitleholderError(
      'BadInput',
      `model.json: name: is '${folder.model.name}' in a commit of model '${of.model}'`,
    );
  }
  return folder;
}

/** The charter's bytes: stored under `evidence`, their hash is the charter's. */
export function charterBytes(charter: Charter): Uint8Array {
  return new TextEncoder().encode(canonicalJson(charter));
}

export function charterHash(charter: Charter): string {
  return sha256Hex(canonicalJson(charter));
}

/** A stored charter. Throws `ArtifactMissing`, `ArtifactCorrupt`. */
export async function loadCharter(artifacts: ArtifactStore, hash: string): Promise<Charter> {
  const bytes = await artifacts.get('evidence', hash);
  return parseJson(Charter, bytes, 'the charter');
}

/**
 * The policy that rules a run before its own charter is compared: the model's accepted one, and for a
 * model that has none yet, the commit's own.
 */
export async function rulingPolicy(
  deps: { readonly artifacts: ArtifactStore; readonly registry: ChampionRegistry },
  of: Pick<RunReference, 'model' | 'bundle'>,
): Promise<PolicyDocument> {
  const accepted = await deps.registry.charter(of.model);
  return accepted === undefined
    ? charterOf(await loadFolder(deps.artifacts, of)).policy
    : (await loadCharter(deps.artifacts, accepted.charter)).policy;
}
