import { Verified, VerifyPromotionInput } from '#contracts/steps.ts';
import { verifyChain } from '#domain/ledger.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import type { Serving } from '#domain/ports/serving.ts';
import { isOpen } from '#domain/run.ts';
import { noKey, recorded, type StepDeps } from '#release/recorded-step.ts';
import { serves } from '#release/serves.ts';
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
      name: 'VerifyPromotion',
      input: VerifyPromotionInput,
      output: Verified,
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
      const chain = verifyChain(entries);
      if (!chain.ok) unverified(`the ledger breaks at ${chain.sequence}: ${chain.problem}`);
      const head = await registry.head(model);
      if (head?.hash !== entries.at(-1)?.hash) unverified('the ledger does not end at its head');
      const entry = entries[sequence - 1];
      const told =
        entry?.kind === 'promoted' &&
        entry.runId === runId &&
        entry.version === version &&
        entry.sha256 === sha256;
      if (!told) unverified(`the ledger's entry ${sequence} is not the promotion of run ${runId}`);
      const pointer = await registry.pointer(model, 'production');
      const points =
        pointer?.version === version && pointer.sha256 === sha256 && pointer.revision === revision;
      if (!points) {
        unverified(`production points at version ${pointer?.version ?? 'none'}, not ${version}`);
      }
      const health = await serves(deps, 'production', model, promoted);
      if (health.status !== 'ok' || health.version !== version || health.sha256 !== sha256) {
        unverified(
          `production is ${health.status} and serves version ${health.version ?? 'none'}, not ${version}`,
        );
      }
      await updateRun(deps, runId, (now) =>
        // One that was closed meanwhile stays closed, and still has its version.
        isOpen(now.status) ? { version, status: 'cd_complete' } : { version },
      );
      return { version, sha256 };
    },
  );

function unverified(what: string): never {
  throw new TitleholderError('PromotionNotVerified', what);
}
