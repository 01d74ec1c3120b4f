/** Commits enter here and nowhere else: uploads, the stored commit item, and its event on the bus. */
import { MAX_BUNDLE_BYTES, MAX_DATA_BYTES, MAX_REPORT_BYTES } from '#contracts/commit-limits.ts';
import type { EventOf } from '#contracts/events.ts';
import { TitleholderError } from '#domain/errors.ts';
import { runIdOf } from '#domain/run-id.ts';
import type { ArtifactStore, ObjectKind } from '#domain/ports/artifact-store.ts';
import type { Clock } from '#domain/ports/clock.ts';
import type { EventBus } from '#domain/ports/event-bus.ts';
import type { Identity } from '#domain/ports/identity.ts';
import type { CommitStore } from '#domain/ports/commit-store.ts';
import type { RunStore } from '#domain/ports/run-store.ts';
import type { Commit } from '#domain/run.ts';
import type { StartedAnswer } from '#contracts/answers.ts';
import type { HttpAnswer, SignedRequest } from '#edge/edge.ts';
import { httpFunction, on } from '#edge/edge.ts';
import { type AnswerOf, ROUTES } from '#contracts/routes.ts';
import type { Log } from '#domain/ports/log.ts';
import { authorsOf, readReport } from './people.ts';
import { readBundle } from './read-bundle.ts';

export interface AcceptCommitDeps {
  readonly identity: Identity;
  readonly commits: CommitStore;
  readonly runs: Pick<RunStore, 'get'>;
  readonly artifacts: Pick<ArtifactStore, 'get' | 'size' | 'presignPut'>;
  readonly bus: EventBus;
  readonly clock: Clock;
  /** E-mail address → subject. */
  readonly people: Readonly<Record<string, string>>;
  readonly log: Log;
}

const LIMITS: Readonly<Record<'bundles' | 'data' | 'reports', number>> = {
  bundles: MAX_BUNDLE_BYTES,
  data: MAX_DATA_BYTES,
  reports: MAX_REPORT_BYTES,
};

/** POST /pipeline/uploads, /pipeline/commit, /pipeline/start. */
export const acceptCommit = (deps: AcceptCommitDeps) =>
  httpFunction('accept-commit', deps, [
    on(ROUTES.uploads, uploads(deps)),
    on(ROUTES.commit, commit(deps)),
    on(ROUTES.start, start(deps)),
  ]);

const uploads =
  (deps: AcceptCommitDeps) =>
  async ({
    body,
  }: SignedRequest<typeof ROUTES.uploads>): Promise<
    HttpAnswer<AnswerOf<typeof ROUTES.uploads>>
  > => {
    // All are checked before one URL exists.
    for (const object of body.objects) checkSize(object.kind, object.bytes);
    const answers = await Promise.all(
      body.objects.map(async ({ kind, sha256, bytes }) => {
        const stored = await deps.artifacts.size(kind, sha256);
        if (stored !== undefined) return { kind, sha256, url: null, headers: {} };
        const { url, headers } = await deps.artifacts.presignPut(kind, sha256, bytes);
        return { kind, sha256, url, headers };
      }),
    );
    return { status: 200, body: { uploads: answers } };
  };

const commit =
  (deps: AcceptCommitDeps) =>
  async ({
    principal,
    body,
  }: SignedRequest<typeof ROUTES.commit>): Promise<HttpAnswer<StartedAnswer>> => {
    const { model, bundle, data, ciReport, branch, cause } = body;
    const sha = await resolve(deps, model, body.commit);
    await present(deps, 'bundles', bundle);
    await present(deps, 'reports', ciReport);
    // For its refusals alone: the steps read it again.
    readBundle(await deps.artifacts.get('bundles', bundle), model);
    // Generated data too: who commits made it from its seed, and the validate step reads it.
    await present(deps, 'data', data);
    const report = readReport(await deps.artifacts.get('reports', ciReport));

    const runId = runIdOf({ model, commit: sha, bundle, data, cause });
    const made: Commit = {
      schemaVersion: 1,
      runId,
      model,
      commit: sha,
      branch,
      bundle,
      data,
      ciReport,
      cause,
      submitter: principal.subject,
      authors: authorsOf(principal.subject, report.authors, deps.people),
      asOf: deps.clock.now(),
    };
    const put = await deps.commits.put(made);
    if (put === 'stored') {
      await publish(deps, made);
      return accepted(runId, false, `${runId} is accepted`);
    }
    if ((await deps.runs.get(runId)) === undefined) {
      // Stored, but nobody made a run of it: its event was lost, or is still on its way (which the
      // run's own put-if-absent takes care of).
      const stored = await deps.commits.get(runId);
      if (stored !== undefined) await publish(deps, stored);
    }
    return accepted(runId, true, `duplicate of ${runId}`);
  };

const start =
  (deps: AcceptCommitDeps) =>
  async ({ body }: SignedRequest<typeof ROUTES.start>): Promise<HttpAnswer<StartedAnswer>> => {
    const prefix = body.commit ?? '';
    const found = await deps.commits.list({ model: body.model, prefix, limit: 100 });
    const stored = found[0];
    if (stored === undefined) {
      const which = prefix === '' ? '' : ` that begins with ${prefix}`;
      throw new TitleholderError('NotFound', `${body.model} has no stored commit${which}`);
    }
    if (prefix !== '') refuseAmbiguous(prefix, found);
    const exists = (await deps.runs.get(stored.runId)) !== undefined;
    await publish(deps, stored);
    return exists
      ? accepted(stored.runId, true, `duplicate of ${stored.runId}`)
      : accepted(stored.runId, false, `${stored.runId} is started`);
  };

function accepted(runId: string, duplicate: boolean, message: string): HttpAnswer<StartedAnswer> {
  return { status: 202, body: { runId, duplicate, message } };
}

/** The full hash of a commit; short ones only where exactly one stored commit is meant. */
async function resolve(deps: AcceptCommitDeps, model: string, commit: string): Promise<string> {
  if (commit.length === 40) return commit;
  const found = await deps.commits.list({ model, prefix: commit, limit: 100 });
  refuseAmbiguous(commit, found);
  const sha = found[0]?.commit;
  if (sha === undefined) {
    throw new TitleholderError(
      'BadInput',
      `the body: commit: ${model} has no stored commit that begins with ${commit}; send all 40 hex digits`,
    );
  }
  return sha;
}

function refuseAmbiguous(prefix: string, found: readonly Commit[]): void {
  const different = new Set(found.map((c) => c.commit)).size;
  if (different > 1) {
    throw new TitleholderError(
      'BadInput',
      `the body: commit: ${different} stored commits begin with ${prefix}; send more digits`,
    );
  }
}

async function present(
  deps: AcceptCommitDeps,
  kind: Extract<ObjectKind, 'bundles' | 'data' | 'reports'>,
  sha256: string,
): Promise<void> {
  const bytes = await deps.artifacts.size(kind, sha256);
  if (bytes === undefined) {
    throw new TitleholderError(
      'BadInput',
      `${kind}/${sha256} was not uploaded; ask POST /pipeline/uploads for a URL first`,
    );
  }
  checkSize(kind, bytes);
}

function checkSize(kind: 'bundles' | 'data' | 'reports', bytes: number): void {
  const limit = LIMITS[kind];
  if (!(bytes <= limit)) {
    throw new TitleholderError(
      'TooLarge',
      `this object of ${kind} has ${bytes} bytes; at most ${limit} are taken`,
      { kind, bytes, limit },
    );
  }
}

async function publish(deps: AcceptCommitDeps, stored: Commit): Promise<void> {
  const { model, commit: sha, branch, bundle, data, ciReport, cause, asOf } = stored;
  const event: EventOf<'CommitPushed'> = {
    type: 'CommitPushed',
    detail: {
      schemaVersion: 1,
      model,
      commit: sha,
      branch,
      bundle,
      data,
      ciReport,
      cause,
      asOf,
    },
  };
  await deps.bus.publish(event);
}
