/** Calls that the API refuses: what each is, the status of its answer, the request. */
import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { localIssuer } from '#adapters/oidc/local-issuer.ts';
import type { Asked } from './ask.ts';
import type { StackUnderTest } from './stack.ts';

const NOBODYS = `sha256:${'0'.repeat(64)}`;
export const SHA = 'c'.repeat(40);

export const bearer = (token: string): string => `Bearer ${token}`;

/** @param of a model, a run of it that waits for approval, and one that has ended. */
export async function badCalls(
  stack: StackUnderTest,
  { model, waiting, closed }: Readonly<Record<'model' | 'waiting' | 'closed', string>>,
): Promise<readonly (readonly [what: string, status: number, asked: Asked])[]> {
  const as = async (sub: string, ...roles: string[]): Promise<string> =>
    bearer(await stack.issuer.sign({ sub, roles }));
  const ana = bearer(stack.token('ana'));
  const ben = bearer(stack.token('ben'));
  const vera = bearer(stack.token('vera'));
  const olga = bearer(stack.token('olga'));
  const adam = bearer(stack.token('adam'));
  const [head = '', payload = '', signature = ''] = stack.token('ben').split('.');
  const raised = Buffer.from(payload, 'base64url').toString().replace('approver', 'operator');
  const { privateKey } = await generateKeyPair('ES256');
  const { alg, kid } = JSON.parse(Buffer.from(head, 'base64url').toString());
  const claims = (expires: number) =>
    new SignJWT({ roles: ['approver'] })
      .setSubject('mallory')
      .setIssuer(stack.issuer.issuer)
      .setAudience(stack.issuer.audience)
      .setIssuedAt(expires - 3600)
      .setExpirationTime(expires)
      .setProtectedHeader({ alg, kid });
  const now = Math.trunc(Date.now() / 1000);
  const yesterday = await localIssuer(stack.folder, {
    now: () => new Date(Date.now() - 24 * 3_600_000).toISOString(),
  });
  const unsigned = new UnsecuredJWT({ roles: ['approver'] })
    .setSubject('ben')
    .setIssuer(stack.issuer.issuer)
    .setAudience(stack.issuer.audience)
    .setExpirationTime(now + 3600)
    .encode();
  const run = (verb: string, id = waiting): string => `/pipeline/${id}/${verb}`;
  const commit = { model, commit: SHA, bundle: NOBODYS, data: NOBODYS, ciReport: NOBODYS };
  const claim = { age: 40 };

  return [
    ['no token', 401, { path: run('approve'), body: {} }],
    ['no bearer token', 401, { path: run('approve'), body: {}, authorization: 'Basic YTpi' }],
    ['a token that is none', 401, { path: run('approve'), body: {}, authorization: bearer('abc') }],
    [
      'a token whose roles were edited',
      401,
      {
        path: '/pipeline/rollback',
        body: { model, reason: 'x' },
        authorization: bearer(
          [head, Buffer.from(raised).toString('base64url'), signature].join('.'),
        ),
      },
    ],
    [
      'a token signed by another key',
      401,
      {
        path: run('approve'),
        body: {},
        authorization: bearer(await claims(now + 3600).sign(privateKey)),
      },
    ],
    [
      'a token with alg none',
      401,
      { path: run('approve'), body: {}, authorization: bearer(unsigned) },
    ],
    [
      'an expired token',
      401,
      {
        path: run('approve'),
        body: {},
        authorization: bearer(await yesterday.sign({ sub: 'ben', roles: ['approver'] })),
      },
    ],
    ['a token without a role', 403, { path: run('status'), authorization: await as('nobody') }],
    [
      'a role that does not exist',
      403,
      { path: run('approve'), body: {}, authorization: await as('x', 'emperor') },
    ],
    ['approve as a committer', 403, { path: run('approve'), body: {}, authorization: ana }],
    [
      'approve as an approver of another model',
      403,
      { path: run('approve'), body: {}, authorization: await as('ben', 'approver:other') },
    ],
    [
      'approve by the author',
      403,
      { path: run('approve'), body: {}, authorization: await as('ana', 'approver') },
    ],
    [
      'approve by a mapped author’s address',
      403,
      { path: run('approve'), body: {}, authorization: await as('ana@example.com', 'approver') },
    ],
    ['commit as a viewer', 403, { path: '/pipeline/commit', body: commit, authorization: vera }],
    [
      'roll back as an approver',
      403,
      { path: '/pipeline/rollback', body: { model, from: 1, reason: 'x' }, authorization: ben },
    ],
    [
      'cancel somebody else’s run',
      403,
      { path: run('cancel'), body: {}, authorization: bearer(stack.token('otto')) },
    ],
    ['accept as an approver', 403, { path: run('accept'), body: {}, authorization: ben }],
    [
      'predict as a committer',
      403,
      {
        path: `/predict?model=${model}`,
        body: { records: [claim] },
        authorization: await as('ana', 'committer'),
      },
    ],
    [
      'the runs of every model, with a role for one',
      403,
      { path: '/pipeline/runs', authorization: await as('v', `viewer:${model}`) },
    ],
    ['bad JSON', 400, { path: '/pipeline/commit', body: '{"model":', authorization: ana }],
    ['no body', 400, { method: 'POST', path: '/pipeline/commit', authorization: ana }],
    [
      'an unknown field',
      400,
      { path: '/pipeline/commit', body: { ...commit, submitter: 'ben' }, authorization: ana },
    ],
    ['an unknown parameter', 400, { path: '/pipeline/runs?colour=red', authorization: vera }],
    ['a limit above 100', 400, { path: '/pipeline/runs?limit=101', authorization: vera }],
    ['a model’s name that is none', 400, { path: '/champion?model=Not-One', authorization: vera }],
    [
      'a commit that is no hex',
      400,
      { path: '/pipeline/commit', body: { ...commit, commit: 'deadbeefg' }, authorization: ana },
    ],
    [
      'a commit of 6 digits',
      400,
      { path: '/pipeline/commit', body: { ...commit, commit: 'abcdef' }, authorization: ana },
    ],
    [
      'a commit of 41 digits',
      400,
      { path: '/pipeline/commit', body: { ...commit, commit: `${SHA}c` }, authorization: ana },
    ],
    [
      'a short commit that nobody stored',
      400,
      { path: '/pipeline/commit', body: { ...commit, commit: 'abcdef1' }, authorization: ana },
    ],
    [
      'objects that were not uploaded',
      400,
      { path: '/pipeline/commit', body: commit, authorization: ana },
    ],
    [
      'start a commit that nobody stored',
      404,
      { path: '/pipeline/start', body: { model, commit: 'abcdef1' }, authorization: ana },
    ],
    [
      'a bundle above 2 MB',
      413,
      {
        path: '/pipeline/uploads',
        body: {
          model,
          objects: [{ kind: 'bundles', sha256: NOBODYS, bytes: 2 * 1024 ** 2 + 1 }],
        },
        authorization: ana,
      },
    ],
    [
      'data above 256 MB',
      413,
      {
        path: '/pipeline/uploads',
        body: { model, objects: [{ kind: 'data', sha256: NOBODYS, bytes: 256 * 1024 ** 2 + 1 }] },
        authorization: ana,
      },
    ],
    [
      'a body above 1 MB',
      413,
      { path: '/pipeline/commit', body: `"${'x'.repeat(1024 ** 2)}"`, authorization: ana },
    ],
    [
      'a run that is not there',
      404,
      {
        path: run('approve', `${model}-${'0'.repeat(12)}-${'0'.repeat(8)}`),
        body: {},
        authorization: ben,
      },
    ],
    ['a run’s name that is none', 404, { path: run('status', 'nonsense'), authorization: vera }],
    ['GET where POST is needed', 405, { path: run('approve'), authorization: ben }],
    ['POST where GET is needed', 405, { path: run('status'), body: {}, authorization: ben }],
    ['DELETE', 405, { method: 'DELETE', path: '/champion', authorization: olga }],
    ['a rejection without a reason', 400, { path: run('reject'), body: {}, authorization: ben }],
    [
      'an approval of other evidence',
      409,
      { path: run('approve'), body: { digest: NOBODYS }, authorization: ben },
    ],
    [
      'continue a run that does not hold',
      409,
      { path: run('continue'), body: {}, authorization: ben },
    ],
    ['accept what nobody asked', 409, { path: run('accept'), body: {}, authorization: adam }],
    [
      'reject a run that is completed',
      409,
      { path: run('reject', closed), body: { reason: 'late' }, authorization: ben },
    ],
    [
      'cancel a run that is completed',
      409,
      { path: run('cancel', closed), body: {}, authorization: olga },
    ],
    [
      'resume a run that is completed',
      409,
      { path: run('resume', closed), body: {}, authorization: olga },
    ],
    ['resume a run that waits', 409, { path: run('resume'), body: {}, authorization: olga }],
    [
      'roll back with nothing behind',
      409,
      { path: '/pipeline/rollback', body: { model, from: 1, reason: 'x' }, authorization: olga },
    ],
    [
      'roll back to a version that is not there',
      409,
      {
        path: '/pipeline/rollback',
        body: { model, from: 1, to: 9, reason: 'x' },
        authorization: olga,
      },
    ],
    [
      'roll back without a reason',
      400,
      { path: '/pipeline/rollback', body: { model, from: 1 }, authorization: olga },
    ],
    [
      'predict with a model that has no champion',
      404,
      { path: '/predict?model=nobody', body: { records: [claim] }, authorization: vera },
    ],
    [
      'predict without columns that the model needs',
      422,
      { path: `/predict?model=${model}`, body: { records: [claim] }, authorization: vera },
    ],
    [
      'predict nothing',
      400,
      { path: `/predict?model=${model}`, body: { records: [] }, authorization: vera },
    ],
  ];
}
