import { STEPS } from '#contracts/steps.ts';
import { verifyLedger } from '#domain/ledger.ts';
import { TitleholderError } from '#domain/errors.ts';
import { serveOnly, type ServingRoute } from '#domain/pointer.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import type { Serving } from '#domain/ports/serving.ts';
import { isOpen } from '#domain/run.ts';
import { noKey, recorded, type StepDeps } from '#release/recorded-step.ts';
import { isServing, waitUntilServing } from '#release/wait-until-serving.ts';
import { updateRun } from '#release/update-run.ts';
import type { RunStore } from '#domain/ports/run-store.ts';

export interface VerifyDeps extends StepDeps {
  readonly runs: RunStore;
  readonly registry: ChampionRegistry;
  readonly serving: Serving;
  readonly wait: (millis: number) => Promise<void>;
}

/**
 * Reads a promotion back: the version is this run's, the pointer and the ledger say so, and production
 * answers with its hash.
 *
 * Throws `PromotionNotVerified`, saying what is otherwise; `Unavailable`.
 */
export const verifyPromotion = (deps: VerifyDeps) =>
  recorded(
    {
      ...STEPS.VerifyPromotion,
      mode: 'always',
      key: noKey,
    },
    deps,
    async ({ run, promoted }) => {
      const { registry } = deps;
      const { model, runId } = run;
      const { version, sha256, revision, sequence } = promoted;
      const minted = await registry.version(model, version);
      if (minted?.runId !== runId || minted.sha256 !== sha256) {
        unverified(`Promote answered version ${version}, which is not of run ${runId}`);
      }
      const entries = await registry.ledger(model);
      const head = (await registry.head(model)) ?? null;
      const chain = verifyLedger(model, entries, { head });
      if (!chain.ok) unverified(`the ledger breaks at ${chain.sequence}: ${chain.problem}`);
      const entry = entries[sequence - 1];
      const isRecorded =
        entry?.kind === 'promoted' &&
        entry.runId === runId &&
        entry.version === version &&
        entry.sha256 === sha256;
      if (!isRecorded)
        unverified(`the ledger's entry ${sequence} is not the promotion of run ${runId}`);
      const pointer = await registry.pointer(model, 'production');
      const isPointed =
        pointer?.version === version &&
        pointer.revision === revision &&
        serveOnly(pointer.routes, { version, sha256 });
      if (!isPointed) {
        unverified(
          `production points at version ${pointer?.version ?? 'none'} (routes: ${shown(pointer?.routes)}), not at version ${version} alone`,
        );
      }
      const health = await waitUntilServing(deps, 'production', model, promoted);
      if (health.status !== 'ok' || !isServing(health, promoted)) {
        unverified(
          `production is ${health.status} and serves version ${health.version ?? 'none'} (routes: ${shown(health.routes)}), not version ${version} alone`,
        );
      }
      await updateRun(deps, runId, (now) =>
        // One that was closed meanwhile stays closed, and still has its version.
        isOpen(now.status) ? { version, status: 'cd_complete' } : { version },
      );
      return { version, sha256 };
    },
  );

function shown(routes: readonly ServingRoute[] = []): string {
  const parts = routes.map(({ version, share }) => `${share} to version ${version}`);
  return parts.length === 0 ? 'none' : parts.join(', ');
}

function unverified(what: string): never {
  throw new TitleholderError('PromotionNotVerified', what);
}
