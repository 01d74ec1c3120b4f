import { describe, expect, it } from 'vitest';
import { jwtIdentity } from '#adapters/oidc/jwt.ts';
import { MAX_BODY_BYTES } from '#contracts/api.ts';
import { ERROR_NAMES } from '#domain/errors.ts';
import { httpFunction, on } from '#edge/edge.ts';
import { problemOf, STATUS } from '#edge/problem.ts';
import { ROUTES } from '#contracts/routes.ts';
import { TitleholderError } from '#domain/errors.ts';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { api } from '../../support/api.ts';
import { MODEL } from '../../support/world.ts';

describe('a bearer token', () => {
  it('is refused when forged, expired, for others, unsigned or signed with the public key', async () => {
    const ours = await generateKeyPair('ES256');
    const theirs = await generateKeyPair('ES256');
    const jwk = { ...(await exportJWK(ours.publicKey)), kid: 'k', alg: 'ES256' };
    const identity = jwtIdentity({ issuer: 'us', audience: 'titleholder', jwks: { keys: [jwk] } });
    const sign = (of: {
      key?: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
      issuer?: string;
      audience?: string;
      expires?: string | number;
    }) =>
      new SignJWT({ roles: ['viewer'] })
        .setProtectedHeader({ alg: 'ES256', kid: 'k' })
        .setSubject('ann')
        .setIssuer(of.issuer ?? 'us')
        .setAudience(of.audience ?? 'titleholder')
        .setExpirationTime(of.expires ?? '1h')
        .sign(of.key ?? ours.privateKey);
    const unsecured = new UnsecuredJWT({ roles: ['viewer'] })
      .setSubject('ann')
      .setIssuer('us')
      .setAudience('titleholder')
      .setExpirationTime('1h')
      .encode();
    const hmac = await new SignJWT({ roles: ['viewer'] })
      .setProtectedHeader({ alg: 'HS256', kid: 'k' })
      .setSubject('ann')
      .setIssuer('us')
      .setAudience('titleholder')
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(JSON.stringify(jwk)));
    const handler = httpFunction('read-pipeline', { identity, log: () => undefined }, [
      on(ROUTES.steps, async () => ({ status: 200, body: { steps: [] } })),
    ]);
    const ask = (authorization: string) =>
      handler({ httpMethod: 'GET', path: '/steps', headers: { authorization } });

    expect((await ask(`Bearer ${await sign({})}`)).statusCode).toBe(200);
    for (const token of [
      await sign({ key: theirs.privateKey }),
      await sign({ expires: 1 }),
      await sign({ audience: 'another' }),
      await sign({ issuer: 'another' }),
      unsecured,
      hmac,
      `${await sign({})}x`,
    ]) {
      const answer = await ask(`Bearer ${token}`);
      expect(answer.statusCode).toBe(401);
      expect(answer.body).not.toContain(token);
    }
    for (const header of ['Basic YTpi', 'Bearer', '', `bearer ${await sign({})} and more`]) {
      expect((await ask(header)).statusCode).toBe(401);
    }
  });
});

describe('a request', () => {
  it('is found whatever stage, base path or proxy resource it came by', async () => {
    const w = await api();
    await w.open();
    for (const event of [
      { path: `/pipeline/${w.runId}/status` },
      {
        path: `/v1/pipeline/${w.runId}/status`,
        resource: '/pipeline/{run}/status',
        pathParameters: { run: w.runId },
      },
      {
        path: `/base/pipeline/x/status`,
        resource: '/pipeline/{run}/status',
        pathParameters: { run: w.runId.replaceAll('-', '%2D') },
      },
      {
        path: '/base/x',
        resource: '/{proxy+}',
        pathParameters: { proxy: `pipeline/${w.runId}/status` },
      },
    ]) {
      const answer = await w.call('read-pipeline', 'GET', '', { as: 'viewer', event });
      expect([event.path, answer.status]).toEqual([event.path, 200]);
      expect(answer.body['run'].runId).toBe(w.runId);
    }
  });

  const uploads = { as: 'committer' };
  it.each([
    ['bad JSON', { ...uploads, raw: '{"model": ' }, /the body: is not JSON/],
    ['no body', uploads, /the body: is missing/],
    [
      'an unknown field',
      { ...uploads, body: { model: MODEL, stage: 'deploy' } },
      /unknown field stage/,
    ],
    [
      'a wrong type',
      { ...uploads, body: { model: MODEL, commit: 7 } },
      /commit: must be text, not a number/,
    ],
    [
      'a short hash',
      { ...uploads, body: { model: MODEL, commit: 'abc123' } },
      /7 to 40 hex digits/,
    ],
    [
      'an unknown query field',
      { ...uploads, body: { model: MODEL }, query: { x: '1' } },
      /unknown field x/,
    ],
    [
      'a query field twice',
      {
        ...uploads,
        body: { model: MODEL },
        event: { multiValueQueryStringParameters: { model: ['a', 'b'] } },
      },
      /model is given twice/,
    ],
    [
      'bytes that are no text',
      { ...uploads, event: { body: '/w==', isBase64Encoded: true } },
      /not UTF-8/,
    ],
  ])('with %s is refused with 400, naming it, and changes nothing', async (_what, of, detail) => {
    const w = await api();
    await w.open();
    const before = await w.state();
    const answer = await w.call('accept-commit', 'POST', '/pipeline/start', of);
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ title: 'Bad input', status: 400, error: 'BadInput' });
    expect(answer.body['detail']).toMatch(detail);
    expect(answer.body['detail']).not.toContain('\n');
    expect(await w.state()).toEqual(before);
  });

  it('never repeats values in a problem', async () => {
    const w = await api();
    const raw = '{"model": "claims-denial", "commit": SECRET-VALUE}';
    const bad = await w.call('accept-commit', 'POST', '/pipeline/start', { ...uploads, raw });
    expect(JSON.stringify(bad.body)).not.toContain('SECRET');
  });

  it('too large is refused with 413, its size and the limit', async () => {
    const w = await api();
    const raw = ' '.repeat(MAX_BODY_BYTES + 1);
    const answer = await w.call('accept-commit', 'POST', '/pipeline/start', { ...uploads, raw });
    expect(answer.status).toBe(413);
    expect(answer.body['details']).toEqual({ bytes: MAX_BODY_BYTES + 1, limit: MAX_BODY_BYTES });
  });

  it('for an unknown run is 404, also when its name is no name', async () => {
    const w = await api();
    for (const run of [w.runId, 'nothing', '..%2F..', '%3Cscript%3E']) {
      const answer = await w.call('decide-run', 'POST', `/pipeline/${run}/approve`, {
        as: 'approver',
        body: {},
      });
      expect(answer.status).toBe(404);
      expect(answer.body['detail']).not.toContain('script');
    }
  });

  it('of more than 100 is refused', async () => {
    const w = await api();
    for (const limit of ['101', '0', '-1', '1e2', 'x', '']) {
      const answer = await w.call('read-pipeline', 'GET', '/pipeline/runs', {
        as: 'viewer',
        query: { limit },
      });
      expect([limit, answer.status]).toEqual([limit, 400]);
    }
  });
});

describe('an answer to an error', () => {
  it('has the status of its name', () => {
    for (const name of Object.values(ERROR_NAMES)) {
      const answer = problemOf(new TitleholderError(name, 'why\nso'), 'r');
      expect(answer.statusCode).toBe(STATUS[name]);
      expect(JSON.parse(answer.body)).toMatchObject({ error: name, detail: 'why so' });
    }
    expect(STATUS).toMatchObject({
      BadInput: 400,
      Unauthenticated: 401,
      Forbidden: 403,
      NotFound: 404,
      Conflict: 409,
      ApprovalStale: 409,
      DecisionExists: 409,
      NoRollbackTarget: 409,
      Expired: 410,
      TooLarge: 413,
      DataInvalid: 422,
      Unavailable: 503,
    });
  });

  it('shows nothing of a defect but where the log has it', async () => {
    const lines: string[] = [];
    const identity = {
      verify: async () => ({ subject: 'a', grants: [{ role: 'viewer' as const }] }),
    };
    const handler = httpFunction('read-pipeline', { identity, log: (l) => void lines.push(l) }, [
      on(ROUTES.steps, () => Promise.reject(new Error('secret-table-name'))),
    ]);
    const answer = await handler({
      httpMethod: 'GET',
      path: '/steps',
      headers: { authorization: 'Bearer t' },
      requestContext: { requestId: 'r-7' },
    });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('secret');
    expect(answer.body).toContain('r-7');
    expect(lines.join()).toContain('secret-table-name');
  });
});
