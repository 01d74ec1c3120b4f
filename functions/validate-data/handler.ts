import { type Charter, charterOf, type Folder } from '#contracts/folder/charter.ts';
import { STEPS, type DataReference } from '#contracts/steps.ts';
import { identityColumns, type IdentityRule, named, sameIdentity } from '#dataset/identity.ts';
import { csvOfTable } from '#dataset/parquet.ts';
import { formatOf } from '#dataset/read-rules.ts';
import { readRegister } from '#dataset/register.ts';
import type { HoldoutQuestion } from '#dataset/update-holdout.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import type { Holdout } from '#domain/holdout.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import { charterDifference, shortened } from '#model-folder/charter-diff.ts';
import { charterBytes, charterHash, loadCharter, loadFolder } from '#release/load-folder.ts';
import { recorded, type StepDeps } from '#release/recorded-step.ts';
import { waitSecondsOf } from '#release/run-reference.ts';
import { markRunning } from '#release/update-run.ts';
import { prepare, type PreparedData, type PrepareInput } from '#dataset/prepare.ts';
import type { HoldoutStore } from '#domain/ports/holdout-store.ts';
import type { RunStore } from '#domain/ports/run-store.ts';

export interface ValidateDeps extends StepDeps {
  readonly runs: RunStore;
  readonly holdouts: HoldoutStore;
  readonly artifacts: ArtifactStore;
  readonly registry: ChampionRegistry;
  readonly code: string;
}

/**
 * Validates a commit's data, splits it, and brings the model's holdout up to date, unless a person must
 * accept something first: a charter that isn't the accepted one, or rows that the holdout would lose.
 *
 * Throws `BadInput` (the folder), `DataInvalid`, `HoldoutRefused`, `Conflict`, `ArtifactMissing`,
 * `ArtifactCorrupt`.
 */
export const validateData = (deps: ValidateDeps) =>
  recorded(
    {
      ...STEPS.ValidateData,
      mode: 'settled',
      key: async ({ run }) => {
        const holdout = await deps.holdouts.get(run.model);
        return {
          code: deps.code,
          accepted: (await deps.registry.charter(run.model))?.charter ?? null,
          acceptedHoldouts: await acceptedHoldouts(deps.registry, run.model),
          holdout: holdout === undefined ? null : { ...holdout },
        };
      },
    },
    deps,
    async ({ run }, { key }) => {
      await markRunning(deps, run.runId);
      const { artifacts } = deps;
      const folder = await loadFolder(artifacts, run);
      const charter = charterOf(folder);
      const charterSha = await storedCharter(artifacts, charter, key.accepted);
      const file = 'path' in folder.model.data ? folder.model.data.path : `${run.model}.csv`;
      const stored = await storedHoldout(artifacts, key.holdout);
      const mistaken = key.accepted === null ? mistakenDraw(folder, stored) : null;
      const input: PrepareInput = {
        folder,
        csv: await csvOfTable(await artifacts.get('data', run.data), file, formatOf(folder.schema)),
        file,
        asOf: run.asOf,
        stored: mistaken === null ? stored : null,
      };
      let prepared = prepare(input);
      const asked = prepared.question?.digest;
      if (asked !== undefined && key.acceptedHoldouts.includes(asked)) {
        prepared = prepare({ ...input, accepted: asked });
      }
      const question =
        key.accepted !== null && key.accepted !== charterSha
          ? {
              kind: 'charter' as const,
              digest: charterSha,
              summary: shortened(
                charterDifference(await loadCharter(artifacts, key.accepted), charter),
              ),
            }
          : mistaken === null || key.holdout === null
            ? prepared.question
            : redrawing({
                stored: key.holdout,
                mistaken,
                declared: drawOf(folder),
                prepared,
                accepted: key.acceptedHoldouts,
              });
      const holdout = await artifacts.put('data', prepared.holdout);
      const register = await artifacts.put('data', prepared.register);
      const reference: DataReference = {
        training: await artifacts.put('data', prepared.training),
        trainingManifest: await artifacts.put('data', prepared.trainingManifest),
        holdout,
        register,
        epoch: prepared.epoch,
        report: await artifacts.put('reports', prepared.report),
        charter: charterSha,
        holdBeforeCd: charter.policy.holdBeforeCd,
        waitSeconds: waitSecondsOf(charter.policy),
        rows: prepared.rows,
        trainingRows: prepared.trainingRows,
        holdoutRows: prepared.holdoutRows,
        datasetWindow: prepared.datasetWindow,
        question,
      };
      const before = key.holdout;
      const same =
        before?.snapshot === holdout &&
        before.register === register &&
        before.epoch === prepared.epoch;
      if (question === null && !same) {
        await deps.holdouts.put({
          schemaVersion: 1,
          model: run.model,
          epoch: prepared.epoch,
          revision: (before?.revision ?? 0) + 1,
          snapshot: holdout,
          register,
          rows: prepared.holdoutRows,
        });
      }
      return reference;
    },
  );

/**
 * Stores the charter and gives its hash: that of the accepted charter where the two differ only by a field that
 * has got a default since, which is no change that a person made.
 */
async function storedCharter(
  artifacts: ArtifactStore,
  charter: Charter,
  accepted: string | null,
): Promise<string> {
  const isAccepted =
    accepted !== null &&
    charterHash(await loadCharter(artifacts, accepted)) === charterHash(charter);
  return isAccepted ? accepted : artifacts.put('evidence', charterBytes(charter));
}

/** The columns that identify a holdout's rows, and the rule that chooses them. */
interface Draw {
  readonly identity: IdentityRule;
  readonly isByTime: boolean;
}

function drawOf({ model, schema }: Folder): Draw {
  return { identity: identityColumns(model, schema), isByTime: model.split.by === 'time' };
}

/**
 * How a stored holdout was drawn, where the folder says otherwise; else null.
 *
 * Until the model's first charter is accepted no version was promoted on its holdout, so another way to draw it
 * may be accepted, in the same epoch; afterwards it is refused.
 */
function mistakenDraw(folder: Folder, stored: PrepareInput['stored']): Draw | null {
  if (stored === null) return null;
  const { identity, window } = readRegister(stored.register);
  const declared = drawOf(folder);
  const isByTime = window !== undefined;
  if (isByTime !== declared.isByTime) return { identity, isByTime };
  const { split } = folder.model;
  if (split.by !== 'time' && stored.epoch !== split.epoch) return null;
  return sameIdentity(identity, declared.identity) ? null : { identity, isByTime };
}

/** A new holdout in place of one that has judged is a person's to accept, however wrong the old one is. */
function redrawing(of: {
  readonly stored: Pick<Holdout, 'model' | 'register' | 'rows'>;
  readonly mistaken: Draw;
  readonly declared: Draw;
  readonly prepared: PreparedData;
  readonly accepted: readonly string[];
}): HoldoutQuestion | null {
  const { stored, mistaken, declared, prepared, accepted } = of;
  const digest = sha256Hex(
    canonicalJson({
      kind: 'redrawn-holdout',
      model: stored.model,
      stored: stored.register,
      proposed: sha256Hex(prepared.holdout),
    }),
  );
  if (accepted.includes(digest)) return null;
  const isSame = sameIdentity(mistaken.identity, declared.identity);
  const by = ({ identity, isByTime }: Draw): string =>
    isSame ? (isByTime ? 'time' : 'identity') : named(identity);
  const how = isSame ? 'chosen' : 'identified';
  const summary = `the ${stored.rows} holdout rows are ${how} by ${by(mistaken)}, and this commit’s by ${by(declared)}: ${prepared.holdoutRows} others would judge from now on`;
  return { kind: 'holdout', digest, summary };
}

/** The accepted holdout questions of the ledger; an entry bears a question's digest in place of a hash. */
async function acceptedHoldouts(
  registry: ChampionRegistry,
  model: string,
): Promise<readonly string[]> {
  const entries = await registry.ledger(model);
  return entries.flatMap((e) =>
    e.kind === 'holdout_accepted' && e.sha256 !== null ? [e.sha256] : [],
  );
}

async function storedHoldout(
  artifacts: ArtifactStore,
  stored: Holdout | null,
): Promise<PrepareInput['stored']> {
  if (stored === null) return null;
  return {
    holdout: await artifacts.get('data', stored.snapshot),
    register: await artifacts.get('data', stored.register),
    epoch: stored.epoch,
  };
}
