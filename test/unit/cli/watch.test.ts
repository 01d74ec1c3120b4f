import { describe, expect, it } from 'vitest';
import type { StatusAnswer, StepStatus } from '#contracts/answers.ts';
import type { ApiClient } from '#client/client.ts';
import { nextCommands, untilCancelled, watchRun } from '../../../cli/remote/watch.ts';

const RUN = 'm-0123456789ab-01234567';

function status(
  of: Partial<StatusAnswer['run']>,
  steps: readonly (readonly [string, StepStatus])[] = [],
  pending: StatusAnswer['pending'] = null,
): StatusAnswer {
  return {
    run: {
      schemaVersion: 1,
      revision: 1,
      runId: RUN,
      model: 'm',
      commit: 'c',
      branch: 'main',
      cause: 'push',
      submitter: 'ana',
      status: 'running',
      attempt: 1,
      createdAt: '',
      updatedAt: '',
      ...of,
    },
    commit: {
      schemaVersion: 1,
      runId: RUN,
      model: 'm',
      submitter: 'ana',
      commit: 'c',
      bundle: 'b',
      data: 'd',
      ciReport: 'r',
      asOf: '',
      authors: [],
      cause: 'push',
      branch: 'main',
    },
    steps: steps.map(([name, state]) => ({
      name,
      status: state,
      startedAt: null,
      endedAt: null,
      seconds: null,
    })),
    candidates: [],
    outputs: {},
    pending,
    evaluation: null,
  };
}

const asked = (digest: string): StatusAnswer['pending'] => ({
  kind: 'approval',
  digest,
  requestedAt: '',
  expiresAt: '',
  required: 1,
  decisions: [],
});

/** Only what watching asks for. */
function api(...answers: StatusAnswer[]): ApiClient {
  return {
    status: () => Promise.resolve(answers.length > 1 ? answers.shift() : answers[0]),
  } as unknown as ApiClient;
}

describe('watching a run', () => {
  it('tells each step once a change, until the run is closed', async () => {
    const lines: string[] = [];
    const last = await watchRun({
      api: api(
        status({}, [['FullTrain', 'running']]),
        status({}, [['FullTrain', 'running']]),
        status({}, [['FullTrain', 'success']]),
        status({ status: 'completed' }, [['FullTrain', 'success']]),
      ),
      runId: RUN,
      say: (line) => lines.push(line),
      pollMillis: 1,
    });
    expect(lines.map((line) => line.trim().split(/\s+/))).toEqual([
      ['FullTrain', 'running'],
      ['FullTrain', 'success'],
    ]);
    expect(last.run.status).toBe('completed');
  });

  it('stops at a question, but not at one that was answered', async () => {
    const waits = status({ status: 'awaiting_approval' }, [], asked('sha256:1'));
    const found = await watchRun({ api: api(waits), runId: RUN, say: () => undefined });
    expect(found.pending?.digest).toBe('sha256:1');
    const later = await watchRun({
      api: api(waits, status({ status: 'rejected' })),
      runId: RUN,
      say: () => undefined,
      answered: 'sha256:1',
      pollMillis: 1,
    });
    expect(later.run.status).toBe('rejected');
  });

  it('tells a cancelled run as its status then says, and not before', async () => {
    const said = { runId: RUN, status: 'running', message: `${RUN} is being cancelled` };
    const closed = api(status({}), status({ status: 'cancelled' }));
    expect(await untilCancelled(closed, said)).toEqual({
      runId: RUN,
      status: 'cancelled',
      message: `${RUN} is cancelled`,
    });
    expect(await untilCancelled(api(status({})), said, 0.1)).toEqual(said);
  });

  it('says what to type next', () => {
    expect(nextCommands(status({}, [], asked('x'))).join()).toContain(`approve ${RUN}`);
    expect(nextCommands(status({ status: 'failed' })).join()).toContain(`resume ${RUN}`);
    expect(nextCommands(status({ status: 'completed' }))).toEqual(['npx titleholder champion m']);
    expect(nextCommands(status({ status: 'rejected' }))).toEqual([]);
  });
});
