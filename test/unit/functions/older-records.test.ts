import { describe, expect, it } from 'vitest';
import {
  AskInput,
  EvaluationReference,
  RecordDecisionInput,
  RecordRunInput,
  RunReference,
} from '../../../contracts/steps.ts';
import { sha256Hex } from '../../../domain/canonical.ts';
import { line, SETTINGS } from './line-harness.ts';

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
