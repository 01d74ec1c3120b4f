import type { Executions, ExecutionStatus, StateVisit } from '#domain/ports/executions.ts';

/** Executions that only note what was asked of them. */
export function notedExecutions() {
  const started = new Map<string, unknown>();
  const ended = new Map<string, ExecutionStatus>();
  const visits = new Map<string, readonly StateVisit[]>();
  const answers: { token: string; output: unknown }[] = [];
  const stopped: { name: string; error: string; cause: string }[] = [];
  const spent = new Set<string>();
  const executions: Executions = {
    start: async (name, input) => {
      if (started.has(name)) return 'exists';
      started.set(name, input);
      return 'started';
    },
    stop: async (name, error, cause) => {
      stopped.push({ name, error, cause });
      ended.set(name, 'ABORTED');
    },
    succeed: async (token, output) => {
      if (spent.has(token)) return false;
      spent.add(token);
      answers.push({ token, output });
      return true;
    },
    fail: async () => false,
    status: async (name) => (started.has(name) ? (ended.get(name) ?? 'RUNNING') : undefined),
    visits: async (name) => visits.get(name) ?? [],
    definition: async () =>
      JSON.stringify({
        StartAt: 'OpenRun',
        States: {
          OpenRun: { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken' },
          TrainCandidates: { Type: 'Map', ItemProcessor: { States: {} } },
          FullTrain: { Type: 'Task', Resource: 'arn:x', TimeoutSeconds: 930 },
          WhoDecides: { Type: 'Choice' },
          WaitForApproval: {
            Type: 'Task',
            Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
          },
          CloseCompleted: { Type: 'Task', Resource: 'arn:y', TimeoutSeconds: 90 },
        },
      }),
  };
  return { executions, started, ended, visits, answers, stopped };
}
