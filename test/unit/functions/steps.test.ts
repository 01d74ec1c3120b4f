import { describe, expect, it } from 'vitest';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import type { Serving, ServingHealth } from '#domain/ports/serving.ts';
import { evaluateChallenger } from '../../../functions/evaluate-challenger/handler.ts';
import { recordDecision } from '../../../functions/record-decision/handler.ts';
import { smokeTest } from '../../../functions/smoke-test/handler.ts';
import { verifyPromotion } from '../../../functions/verify-promotion/handler.ts';
import { line, SETTINGS } from '../../support/line.ts';
import { MODEL } from '../../support/world.ts';

describe('check-ci-report', () => {
  const sealed = (report: Record<string, unknown>) => ({
    ...report,
    digest: sha256Hex(canonicalJson(report)),
  });
  it.each([
    [
      'an edited report',
      (r: object) => ({ ...sealed({ ...r }), submitter: 'eve@example.org' }),
      /digest/,
    ],
    ['another bundle', (r: object) => sealed({ ...r, bundle: sha256Hex('x') }), /bundle/],
    ['another commit', (r: object) => sealed({ ...r, commit: 'f'.repeat(40) }), /commit/],
    [
      'another submitter',
      (r: object) => sealed({ ...r, submitter: 'eve@example.org' }),
      /made by eve/,
    ],
    ['no test', (r: object) => sealed({ ...r, junit: '<testsuite/>' }), /no test/],
    [
      'a failed test',
      (r: object) =>
        sealed({ ...r, junit: '<testsuite><testcase name="t"><error/></testcase></testsuite>' }),
      /1 of 1 CI tests failed: t/,
    ],
    ['an unknown field', (r: object) => sealed({ ...r, extra: 1 }), /extra/],
  ])('refuses %s', async (_what, report, reason) => {
    const l = line();
    const run = await l.commit({ commit: 'a1', report });
    expect(await l.runOf(run)).toMatchObject({ status: 'failed', error: 'CiReportRefused' });
    expect((await l.runOf(run)).reason).toMatch(reason);
    expect(await l.holdouts.get(MODEL)).toBeUndefined();
  });
});

describe('smoke-test', () => {
  const inputOf = (l: ReturnType<typeof line>, name: string) =>
    l.calls.findLast((c) => c.name === name)!.input as Record<string, unknown>;

  it.each([
    [
      'predict',
      (s: Serving): Partial<Serving> => ({
        predict: async (...args) => {
          const answer = await s.predict(...args);
          return {
            ...answer,
            predictions: answer.predictions.map((p) => ({
              ...p,
              probability: p.probability + 1e-9,
            })),
          };
        },
      }),
    ],
    [
      'health',
      (s: Serving): Partial<Serving> => ({
        health: async (...args) => ({ ...(await s.health(...args)), version: 7 }),
      }),
    ],
    [
      'routes',
      (s: Serving): Partial<Serving> => ({
        health: async (...args) => {
          const health = await s.health(...args);
          const [route] = health.routes;
          const half = { ...route!, share: 0.5 };
          return { ...health, routes: [half, { ...half, version: 7, role: 'canary' as const }] };
        },
      }),
    ],
    [
      'unseen-values',
      (s: Serving): Partial<Serving> => ({
        predict: async (...args) => {
          const answer = await s.predict(...args);
          return { ...answer, predictions: answer.predictions.map((p) => ({ ...p, id: 'same' })) };
        },
      }),
    ],
    [
      'predict',
      (s: Serving): Partial<Serving> => ({
        predict: async (...args) => ({ ...(await s.predict(...args)), role: 'canary' as const }),
      }),
    ],
    [
      'missing-column',
      (s: Serving): Partial<Serving> => ({
        predict: async (slot, model, records) => {
          try {
            return await s.predict(slot, model, records);
          } catch {
            return {
              predictions: [],
              version: 1,
              sha256: sha256Hex('x'),
              role: 'champion' as const,
              millis: 1,
            };
          }
        },
      }),
    ],
  ])('fails by the name of the check: %s', async (check, broken) => {
    const l = line();
    await l.say(await l.commit({ commit: 'a1' }), 'approve');
    const serving = { ...l.serving, ...broken(l.serving) };
    const input = inputOf(l, 'SmokeTest');
    await expect(smokeTest({ ...l, serving })(input)).rejects.toMatchObject({
      name: 'SmokeTestFailed',
      details: { checks: expect.stringContaining(check) as string },
    });
  });

  it('only mentions that MLflow does not answer', async () => {
    const l = line();
    await l.say(await l.commit({ commit: 'a1' }), 'approve');
    const tracking = { ...l.tracking, healthy: () => Promise.resolve(false) };
    const { checks } = await smokeTest({ ...l, tracking })(inputOf(l, 'SmokeTest'));
    expect(checks.find((c) => c.name === 'tracking')?.ok).toBe(false);
    expect(checks.map((c) => c.name)).toEqual([
      'artifact',
      'health',
      'routes',
      'dependencies',
      'predict',
      'missing-column',
      'unseen-values',
      'latency',
      'memory',
      'tracking',
    ]);
  });
});

describe('verify-promotion', () => {
  it('says so when production does not serve what was promoted, or not to everybody', async () => {
    const l = line();
    await l.say(await l.commit({ commit: 'a1' }), 'approve');
    const input = l.calls.findLast((c) => c.name === 'VerifyPromotion')!.input;
    const verify = (change: (health: ServingHealth) => Partial<ServingHealth>) => {
      const health: Serving['health'] = async (...args) => {
        const right = await l.serving.health(...args);
        return { ...right, ...change(right) };
      };
      return verifyPromotion({ ...l, serving: { ...l.serving, health } })(input);
    };
    const wrong = (served: string) => ({
      name: 'PromotionNotVerified',
      message: `production is ok and serves ${served}, not version 1 alone`,
    });
    await expect(verify(() => ({ version: 9 }))).rejects.toMatchObject(
      wrong('version 9 (routes: 1 to version 1)'),
    );
    await expect(
      verify(({ routes }) => ({
        routes: [
          { ...routes[0]!, share: 0.9 },
          { ...routes[0]!, version: 2, share: 0.1, role: 'canary' },
        ],
      })),
    ).rejects.toMatchObject(wrong('version 1 (routes: 0.9 to version 1, 0.1 to version 2)'));
    await expect(verify(() => ({ routes: [] }))).rejects.toMatchObject(
      wrong('version 1 (routes: none)'),
    );
  });

  it('says so when the pointer routes elsewhere', async () => {
    const l = line();
    await l.say(await l.commit({ commit: 'a1' }), 'approve');
    const input = l.calls.findLast((c) => c.name === 'VerifyPromotion')!.input;
    const pointer: ChampionRegistry['pointer'] = async (model, slot) => {
      const right = (await l.registry.pointer(model, slot))!;
      return { ...right, routes: right.routes.map((route) => ({ ...route, version: 3 })) };
    };
    const deps = { ...l, registry: { ...l.registry, pointer } };
    await expect(verifyPromotion(deps)(input)).rejects.toMatchObject({
      message: 'production points at version 1 (routes: 1 to version 3), not at version 1 alone',
    });
  });
});

describe('record-decision', () => {
  it('answers the same decision again with what was recorded, and moves nothing', async () => {
    const l = line();
    const first = await l.commit({ commit: 'a1', settings: SETTINGS.weak });
    await l.say(first, 'approve');
    const decisions = l.calls.filter((c) => c.name === 'RecordDecision');
    await l.say(await l.commit({ commit: 'a2', settings: SETTINGS.good }), 'approve');
    const promote = decisions.at(-1)!;
    expect(await recordDecision(l)(promote.input)).toEqual(promote.output);
    expect(await l.served()).toBe(2);
  });

  it('keeps the decision when the bus is down, and the event in the outbox', async () => {
    const l = line();
    await l.say(await l.commit({ commit: 'a1', settings: SETTINGS.weak }), 'approve');
    await l.say(await l.commit({ commit: 'a2', settings: SETTINGS.fair }), 'approve');
    const bus = { publish: () => Promise.reject(new TitleholderError('Unavailable', 'no bus')) };
    await recordDecision({ ...l, bus })({
      decision: 'rollback',
      decisionId: 'r1',
      model: MODEL,
      from: 2,
      actor: 'bob',
      reason: 'worse',
    });
    expect(await l.served()).toBe(1);
    expect(await l.outbox.pending(10)).toMatchObject([
      { type: 'ChampionMoved', detail: { kind: 'rolled_back', version: 1, previousVersion: 2 } },
    ]);
  });

  it('rolls back to no version that is missing, later or quarantined', async () => {
    const l = line();
    for (const [commit, settings] of [
      ['a1', SETTINGS.weak],
      ['a2', SETTINGS.fair],
      ['a3', SETTINGS.good],
    ] as const) {
      await l.say(await l.commit({ commit, settings }), 'approve');
    }
    expect(await l.served()).toBe(3);
    for (const to of [3, 9]) {
      await expect(l.rollBack(`r${to}`, to)).rejects.toMatchObject({
        name: 'NoRollbackTarget',
        message: `version ${to} of ${MODEL} is no earlier champion, or is quarantined`,
      });
    }
    await l.rollBack('r1');
    await expect(l.rollBack('r2', 3)).rejects.toMatchObject({ name: 'NoRollbackTarget' });
    l.artifacts.corrupt('models', (await l.registry.version(MODEL, 1))!.sha256);
    await expect(l.rollBack('r4', 1)).rejects.toMatchObject({ name: 'ArtifactCorrupt' });
    expect(await l.served()).toBe(2);
  });
});

describe('evaluate-challenger', () => {
  it('finds out by the bytes alone that an artifact is another run’s', async () => {
    const l = line();
    await l.say(await l.commit({ commit: 'a1', settings: SETTINGS.weak }), 'approve');
    const last = l.lastOutput('FullTrain');
    const run = await l.commit({ commit: 'a2', settings: SETTINGS.good });
    const input = l.calls.findLast((c) => c.name === 'EvaluateChallenger')!.input as object;
    // As if the step's record had been forged, too.
    const runs = {
      ...l.runs,
      steps: async (id: string) => [
        ...(await l.steps.list(id)),
        {
          schemaVersion: 1 as const,
          runId: run,
          step: 'FullTrain',
          inputHash: 'x',
          attempt: 1,
          output: last,
          startedAt: '',
          endedAt: '',
        },
      ],
    };
    await expect(
      evaluateChallenger({ ...l, runs })({ ...input, training: last }),
    ).rejects.toMatchObject({
      name: 'ProvenanceMismatch',
      message: expect.stringContaining('FullTrain') as string,
    });
  });
});
