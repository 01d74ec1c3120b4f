import { describe, expect, it } from 'vitest';
import { ROLES } from '#domain/roles.ts';
import { functionsByPath, match, pathTo, type Route, ROUTES } from '#contracts/routes.ts';
import { api } from '../../support/api.ts';
import { MODEL } from '../../support/world.ts';

const routes = Object.entries<Route>(ROUTES);

/** The table of contracts.md, written again by hand. */
const ALLOWED: Readonly<Record<keyof typeof ROUTES, readonly string[] | 'everybody' | 'anyone'>> = {
  uploads: ['committer'],
  commit: ['committer'],
  start: ['committer'],
  // Compliance decides where the policy names it, which no policy can yet.
  continue: ['approver'],
  approve: ['approver'],
  reject: ['approver', 'admin'],
  accept: ['admin'],
  cancel: ['committer', 'operator'],
  resume: ['committer', 'operator'],
  rollback: ['operator'],
  runs: 'anyone',
  status: 'anyone',
  evidence: 'anyone',
  champion: 'anyone',
  ledger: 'anyone',
  trackedRuns: 'anyone',
  trackedRun: 'anyone',
  trackedChampion: 'anyone',
  steps: 'anyone',
  claims: 'anyone',
  health: 'everybody',
  predict: ['caller'],
};

function allowedOf(name: string) {
  return Object.entries(ALLOWED).find(([n]) => n === name)![1];
}

/** A request to a route that would do something if it were let through. */
function request(of: Route, runId: string) {
  const path = of.path.replace('{run}', runId).replace('{id}', 'f'.repeat(32));
  const query = of.model === 'query' || of.model === 'optional' ? { query: { model: MODEL } } : {};
  const body =
    of.path === '/predict'
      ? { records: [{ a: 1 }] }
      : of.model === 'body'
        ? of.path.endsWith('rollback')
          ? { model: MODEL, from: 1, reason: 'r' }
          : of.path.endsWith('start')
            ? { model: MODEL }
            : of.path.endsWith('uploads')
              ? {
                  model: MODEL,
                  objects: [{ kind: 'data', sha256: `sha256:${'0'.repeat(64)}`, bytes: 9 }],
                }
              : {
                  model: MODEL,
                  commit: 'e'.repeat(40),
                  bundle: `sha256:${'0'.repeat(64)}`,
                  data: `sha256:${'0'.repeat(64)}`,
                  ciReport: `sha256:${'0'.repeat(64)}`,
                }
        : of.path.endsWith('reject')
          ? { reason: 'r' }
          : undefined;
  return { path, ...query, ...(body !== undefined && { body }) };
}

describe('every route × every role', () => {
  for (const [name, route] of routes) {
    it(`${route.method} ${route.path}`, async () => {
      const allowed = allowedOf(name);
      for (const role of ROLES) {
        const may = typeof allowed === 'string' || allowed.includes(role);
        for (const [as, reach] of [
          [role, 'all'],
          [`${role}-of`, 'this'],
          [`${role}-other`, 'other'],
        ] as const) {
          const w = await api();
          await w.open('awaiting_approval');
          await w.ask();
          const before = await w.state();
          const { path, ...rest } = request(route, w.runId);
          const { status } = await w.call(route.function, route.method, path, { as, ...rest });
          const elsewhere = reach === 'other' && route.model !== 'any' && route.model !== 'later';
          // The run is committer-1's; to another committer it is a stranger's.
          const strangers =
            (route.action === 'cancel' || route.action === 'resume') && as === 'committer-of';
          const expected = (may && !elsewhere && !strangers) || allowed === 'everybody';
          if (expected) expect([as, status]).not.toEqual([as, 403]);
          else {
            expect([as, status]).toEqual([as, 403]);
            expect(await w.state()).toEqual(before);
          }
          expect([as, status]).not.toEqual([as, 401]);
          expect([as, status]).not.toEqual([as, 500]);
        }
      }
    });

    it(`${route.method} ${route.path} refuses nobody's and no token`, async () => {
      const w = await api();
      await w.open('awaiting_approval');
      await w.ask();
      const before = await w.state();
      const { path, ...rest } = request(route, w.runId);
      for (const [as, expected] of [
        [undefined, route.action === 'open' ? 200 : 401],
        ['forged', 401],
        ['nobody', route.action === 'open' ? 200 : 403],
      ] as const) {
        const answer = await w.call(route.function, route.method, path, { as, ...rest });
        expect([as, answer.status]).toEqual([as, expected]);
        if (expected === 401) expect(answer.headers['www-authenticate']).toBe('Bearer');
      }
      expect(await w.state()).toEqual(before);
    });

    it(`${route.path} answers 405 to another method and changes nothing`, async () => {
      const w = await api();
      await w.open('awaiting_approval');
      await w.ask();
      const before = await w.state();
      const { path } = request(route, w.runId);
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH']) {
        if (method === route.method) continue;
        const answer = await w.call(route.function, method, path, { as: 'operator' });
        expect(answer.status).toBe(405);
        expect(answer.headers['allow']).toBe(route.method);
      }
      expect(await w.state()).toEqual(before);
    });
  }
});

describe('the table of routes', () => {
  it('gives each path to one function, and names each of its parameters', () => {
    const byPath = functionsByPath();
    for (const [, of] of routes) {
      expect([of.path, byPath.get(of.path)]).toEqual([of.path, of.function]);
      const inBraces = [...of.path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name);
      const params = Object.fromEntries(inBraces.map((name) => [name, 'a/b']));
      expect([of.path, of.params.safeParse(params).success]).toEqual([of.path, true]);
      expect(match(pathTo(of, params))?.params).toEqual(params);
    }
    expect([...functionsByPath('serve-model').keys()].sort()).toEqual(['/health', '/predict']);
  });

  it('finds literal paths before parameters, and decodes parameters once', () => {
    expect(match('/pipeline/runs')?.routes).toEqual([ROUTES.runs]);
    expect(match('/mlflow/runs/a%2Fb')?.params).toEqual({ id: 'a/b' });
    expect(match('/mlflow/runs/a%252Fb')?.params).toEqual({ id: 'a%2Fb' });
    expect(match('/mlflow/runs/%E0%A4%A')?.params).toEqual({ id: '%E0%A4%A' });
    expect(match('/pipeline//status')).toBeUndefined();
    expect(match('/elsewhere')).toBeUndefined();
  });
});
