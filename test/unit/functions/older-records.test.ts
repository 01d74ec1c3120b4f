import { describe, expect, it } from 'vitest';
import {
  AskInput,
  EvaluationReference,
  RecordDecisionInput,
  RecordRunInput,
  RunReference,
} from '#contracts/steps.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { checksOf, decide } from '#gates/decide.ts';
import { readMeasured } from '#contracts/evidence.ts';
import { loadCharter } from '#release/load-folder.ts';
import { line, SETTINGS } from '../../support/line.ts';

// Written out as they were stored or carried, so that no change of the schemas changes them too.
const hash = sha256Hex('x');
const RUN = {
  schemaVersion: 1,
  runId: 'claims-denial-0123456789ab-01234567',
  model: 'claims-denial',
  attempt: 1,
  commit: 'a'.repeat(40),
  bundle: hash,
  data: hash,
  ciReport: hash,
  asOf: '2026-01-01T00:00:00.000Z',
  waitSeconds: 3600,
};
/** From before a charter that was accepted within a run ruled it. */
const OLD_RUN = { ...RUN, holdBeforeCd: false };
/** From before there were pictures. */
const OLD_EVALUATION = {
  measured: hash,
  timings: hash,
  digest: hash,
  artifact: hash,
  verdict: 'hold',
  reason: 'too close to call',
  next: 'person',
  champion: null,
};
const OLD_TRAINING = { stage: 'full', artifact: hash, candidate: 'c', report: hash };
const DATA = {
  training: hash,
  trainingManifest: hash,
  holdout: hash,
  register: hash,
  epoch: 1,
  report: hash,
  charter: hash,
  holdBeforeCd: false,
  waitSeconds: 3600,
  rows: 10,
  trainingRows: 8,
  holdoutRows: 2,
  datasetWindow: '10 undated rows',
  question: null,
};

describe('what was recorded before a field was added', () => {
  it('is read: an evaluation as it is, since the next step compares it with the record', () => {
    expect(EvaluationReference.parse(OLD_EVALUATION)).toEqual(OLD_EVALUATION);
    // A field that nobody ever wrote is still refused.
    expect(EvaluationReference.safeParse({ ...OLD_EVALUATION, colour: 'red' }).success).toBe(false);
  });

  it('is read: a run without what its charter says now', () => {
    expect(RunReference.parse(OLD_RUN)).toEqual(RUN);
    const { bundle: _none, ...lacking } = OLD_RUN;
    expect(RunReference.safeParse(lacking).success).toBe(false);
  });

  it('goes through the steps that were still to come', () => {
    const ask = { token: 't', run: OLD_RUN, kind: 'approval', evaluation: OLD_EVALUATION };
    expect(AskInput.parse(ask)).toEqual({ ...ask, run: RUN });
    const record = { run: OLD_RUN, data: DATA, stage: 'CD', training: OLD_TRAINING };
    expect(RecordRunInput.parse({ ...record, evaluation: OLD_EVALUATION }).training).toEqual(
      OLD_TRAINING,
    );
    const reject = { decision: 'reject', run: OLD_RUN, evaluation: OLD_EVALUATION };
    expect(RecordDecisionInput.parse(reject)).toEqual({ ...reject, run: RUN });
  });

  it('is read: evidence from before two metrics and the importance of columns', async () => {
    const l = line();
    await l.commit({ commit: 'a1', settings: SETTINGS.weak });
    const { measured } = l.lastOutput('EvaluateChallenger') as { measured: string };
    const now = readMeasured(await l.artifacts.get('evidence', measured));
    const { measurements, plan, challenger, baselines, ...rest } = now;
    const { k: _k, ...oldPlan } = plan;
    const older = <M extends { readonly metrics: object }>(model: M) => ({
      ...model,
      metrics: Object.fromEntries(
        Object.entries(model.metrics).filter(([name]) => !['precisionAtK', 'ece'].includes(name)),
      ),
    });
    const old = {
      ...rest,
      schemaVersion: 1,
      paired: measurements.paired,
      // The one about labels is younger than such evidence, and judged from its counts.
      checks: checksOf(now).filter(({ name }) => name !== 'both-labels'),
      plan: oldPlan,
      challenger: older(challenger),
      baselines: baselines.map(older),
    };
    const read = readMeasured(new TextEncoder().encode(JSON.stringify(old)));
    expect(read.challenger.metrics.auc).toEqual(challenger.metrics.auc);
    expect(read.challenger.metrics.ece).toMatchObject({ value: null, reason: 'not measured' });
    const ruling = await loadCharter(l.artifacts, now.charter);
    expect(checksOf(read)).toEqual(checksOf(now));
    expect(decide(read, ruling, 1)).toEqual(decide(now, ruling, 1));
  });

  it('is no change of the charter: an accepted one lacks what has a default since', async () => {
    const l = line();
    await l.say(await l.commit({ commit: 'a1', settings: SETTINGS.weak }), 'approve');
    const accepted = (await l.registry.charter('claims-denial'))!;
    const charter = await loadCharter(l.artifacts, accepted.charter);
    const acceptedAs = async (plan: object): Promise<void> => {
      const older = { ...charter, model: { ...charter.model, plan } };
      const hash = await l.artifacts.put(
        'evidence',
        new TextEncoder().encode(canonicalJson(older)),
      );
      Object.assign(l.registry, { charter: () => Promise.resolve({ ...accepted, charter: hash }) });
    };
    const { k: _k, ...plan } = charter.model.plan;
    await acceptedAs(plan);
    const same = await l.commit({ commit: 'a2', settings: SETTINGS.good });
    expect(await l.status(same)).toBe('awaiting_approval');
    await l.say(same, 'reject');
    await acceptedAs({ ...plan, k: 0.2 });
    expect(await l.status(await l.commit({ commit: 'a3', settings: SETTINGS.good }))).toBe('held');
  });

  it('is rejected in the ledger, and MLflow isn’t told, where the run’s number there is unknown', async () => {
    const l = line();
    await l.say(await l.commit({ commit: 'a1', settings: SETTINGS.fair }), 'approve');
    l.replaced.set('RecordDecision', (input) => {
      const { tracking: _none, ...older } = input as Record<string, unknown>;
      return l.handlers['RecordDecision']!(older);
    });
    const run = await l.commit({ commit: 'a2', settings: SETTINGS.weak });
    expect(await l.status(run)).toBe('rejected_by_gate');
    expect((await l.registry.ledger('claims-denial')).at(-1)).toMatchObject({
      kind: 'rejected_by_gate',
      runId: run,
    });
    expect(l.bus.events.map((e) => e.type)).not.toContain('RunRejected');
  });
});
