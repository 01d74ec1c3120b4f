import { describe, expect, it } from 'vitest';
import { TitleholderError } from '#domain/errors.ts';
import { startRun } from '../../../functions/start-run/handler.ts';
import { COMMIT, type Api, api } from '../../support/api.ts';
import { MODEL } from '../../support/world.ts';

const detailOf = (w: Api, change: object = {}) => ({
  schemaVersion: 1,
  model: MODEL,
  commit: COMMIT,
  branch: 'main',
  bundle: w.commit.bundle,
  data: w.commit.data,
  ciReport: w.commit.ciReport,
  cause: 'push',
  asOf: w.commit.asOf,
  ...change,
});
const batch = (...bodies: readonly unknown[]) => ({
  Records: bodies.map((body, i) => ({
    messageId: `m${i}`,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })),
});
const envelope = (detail: unknown) => ({
  version: '0',
  id: 'x',
  source: 'titleholder',
  'detail-type': 'CommitPushed',
  detail,
});

describe('start-run', () => {
  it('starts one execution, however often and with whatever time the event comes', async () => {
    const w = await api();
    await w.commits.put(w.commit);
    const event = envelope(detailOf(w));
    const later = envelope(detailOf(w, { asOf: '2026-05-05T00:00:00.000Z', branch: 'other' }));
    expect(await w.startRun(batch(event, event, later))).toEqual({ batchItemFailures: [] });
    expect([...w.started]).toEqual([
      [`${w.runId}-1`, { schemaVersion: 1, runId: w.runId, model: MODEL, attempt: 1 }],
    ]);
    expect(w.logs.filter((l) => l === `duplicate of ${w.runId}`)).toHaveLength(2);
    const run = await w.runs.get(w.runId);
    expect(run).toMatchObject({ submitter: 'committer-1', attempt: 1, branch: 'main' });
  });

  it('is a duplicate after the run has ended too', async () => {
    const w = await api();
    await w.commits.put(w.commit);
    await w.runs.create({ ...w.run, status: 'completed' });
    await w.startRun(batch(envelope(detailOf(w))));
    expect(w.started.size).toBe(0);
  });

  it('starts a run that was created and then lost its function', async () => {
    const w = await api();
    await w.commits.put(w.commit);
    await w.runs.create(w.run);
    await w.startRun(batch(envelope(detailOf(w))));
    expect([...w.started.keys()]).toEqual([`${w.runId}-1`]);
  });

  it.each([
    ['no JSON', () => 'not json', /BadInput: the event: is not JSON/],
    ['another source', (w: Api) => ({ ...envelope(detailOf(w)), source: 'me' }), /source/],
    [
      'a field too many',
      (w: Api) => envelope(detailOf(w, { submitter: 'eve' })),
      /unknown field detail\.submitter/,
    ],
    [
      'a commit that nobody stored',
      (w: Api) => envelope(detailOf(w, { commit: 'a'.repeat(40) })),
      /CommitUnknown/,
    ],
    [
      'another bundle',
      (w: Api) => envelope(detailOf(w, { bundle: `sha256:${'9'.repeat(64)}` })),
      /CommitUnknown/,
    ],
    [
      'an event over 16 KB',
      (w: Api) => ({ ...envelope(detailOf(w)), pad: 'x'.repeat(17_000) }),
      /at most 16384/,
    ],
  ])('sends %s to the dead letters with its reason', async (_what, make, reason) => {
    const w = await api();
    await w.commits.put(w.commit);
    const before = await w.state();
    expect(await w.startRun(batch(make(w)))).toEqual({ batchItemFailures: [] });
    expect(w.deadLetters.letters).toHaveLength(1);
    expect(w.deadLetters.letters[0]?.reason).toMatch(reason);
    const { letters: _letters, ...after } = await w.state();
    expect({ ...after, letters: [] }).toEqual(before);
  });

  it.each(['bundle', 'data'])('refuses an event whose id is that of another %s', async (field) => {
    const w = await api();
    await w.commits.put({ ...w.commit, [field]: `sha256:${'7'.repeat(64)}` });
    await w.startRun(batch(envelope(detailOf(w))));
    expect(w.deadLetters.letters[0]?.reason).toContain(`${field} is not the stored commit's`);
    expect(w.started.size).toBe(0);
  });

  it('gives back only the message that a service failed', async () => {
    const w = await api();
    await w.commits.put(w.commit);
    let calls = 0;
    const handler = startRun({
      commits: w.commits,
      runs: w.runs,
      deadLetters: w.deadLetters,
      clock: { now: () => w.commit.asOf },
      log: () => undefined,
      executions: {
        ...w.executions,
        start: async (name, input) => {
          if ((calls += 1) === 1) throw new TitleholderError('Unavailable', 'down');
          return w.executions.start(name, input);
        },
      },
    });
    const event = envelope(detailOf(w));
    expect(await handler(batch(event))).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] });
    expect(w.deadLetters.letters).toEqual([]);
    // It comes again: created before, started now.
    expect(await handler(batch(event))).toEqual({ batchItemFailures: [] });
    expect(w.started.size).toBe(1);
  });
});
