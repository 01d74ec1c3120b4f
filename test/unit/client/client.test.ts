import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { apiClient, ApiRefusal } from '#client/client.ts';
import { build } from 'esbuild';
import { endOf } from '../../../cli/output.ts';
import { type Route, ROUTES } from '#contracts/routes.ts';

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** An API that gives one answer to everything and keeps what it was asked. */
async function answering(
  status: number,
  body: string,
): Promise<{ readonly url: string; readonly asked: Asked[] }> {
  const asked: Asked[] = [];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { method, url, headers } = request;
      asked.push({ method, url, authorization: headers.authorization, body: text });
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
  });
  await new Promise<void>((ready) => server?.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, asked };
}

const problem = (status: number, detail: string) =>
  JSON.stringify({ type: 'about:blank', title: 'No', status, detail });

describe('the API client', () => {
  it('sends the token and encodes what is in a path and a query', async () => {
    const { url, asked } = await answering(200, '{"runs":[]}');
    await apiClient({ url: `${url}/`, token: 'abc' }).runs({ model: 'a&b', limit: 5 });
    expect(asked).toEqual([
      {
        method: 'GET',
        url: '/pipeline/runs?model=a%26b&limit=5',
        authorization: 'Bearer abc',
        body: '',
      },
    ]);
  });

  it('sends a rollback again under the same key until its answer comes', async () => {
    const body = JSON.stringify({
      ...{ version: 1, sha256: `sha256:${'a'.repeat(64)}`, previousVersion: 2 },
      ...{ sequence: 7, message: 'version 1 of m serves again' },
    });
    const keys: (string | undefined)[] = [];
    server = createServer((request, response) => {
      keys.push(request.headers['idempotency-key'] as string | undefined);
      // The first answer is lost on the way, the second by a gateway that waited too long.
      if (keys.length === 1) request.socket.destroy();
      else response.writeHead(keys.length === 2 ? 504 : 200).end(keys.length === 2 ? '' : body);
    });
    await new Promise<void>((ready) => server?.listen(0, '127.0.0.1', ready));
    const { port } = server.address() as AddressInfo;
    const api = apiClient({ url: `http://127.0.0.1:${port}`, token: null });
    expect(await api.rollback({ model: 'm', from: 2, reason: 'r' })).toMatchObject({ version: 1 });
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    await api.rollback({ model: 'm', from: 1, reason: 'r' });
    expect(new Set(keys).size).toBe(2);
  });

  it('can not be led to another route by a run id', async () => {
    const { url, asked } = await answering(404, problem(404, 'there is no run ../champion'));
    await apiClient({ url, token: null })
      .status('../champion')
      .catch(() => undefined);
    expect(asked[0]?.url).toBe('/pipeline/..%2Fchampion/status');
  });

  it.each([
    [400, 2],
    [401, 2],
    [403, 2],
    [404, 2],
    [409, 2],
    [413, 2],
    [500, 70],
    [503, 3],
  ])(
    'ends with %i as exit code %i, in the one line that the problem tells',
    async (status, code) => {
      const { url } = await answering(status, problem(status, 'the reason in one line'));
      const refused: unknown = await apiClient({ url, token: null })
        .ledger('m')
        .catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(ApiRefusal);
      expect(endOf(refused)).toEqual({ code, line: `the reason in one line (HTTP ${status})` });
    },
  );

  it('tells an answer that is no JSON as unreadable', async () => {
    const { url } = await answering(502, '<html>bad gateway</html>');
    const refused: unknown = await apiClient({ url, token: null })
      .health('m')
      .catch((error: unknown) => error);
    expect(endOf(refused).code).toBe(3);
  });

  it('tells an answer of another shape as a defect, not as an empty one', async () => {
    const { url } = await answering(200, '{"entries":"none","verification":3}');
    const refused: unknown = await apiClient({ url, token: null })
      .ledger('m')
      .catch((error: unknown) => error);
    const { code, line } = endOf(refused);
    expect(code).toBe(70);
    expect(line).toMatch(/entries: .+; verification: /);
    expect(line).not.toContain('\n');
  });

  it('says which host does not answer', async () => {
    const refused: unknown = await apiClient({ url: 'http://127.0.0.1:9', token: null })
      .ledger('m')
      .catch((error: unknown) => error);
    expect(endOf(refused)).toEqual({
      code: 3,
      line: 'nothing answers at http://127.0.0.1:9: is the stack up (npm start)?',
    });
  });

  it('reads an answer that says more than this version knows', async () => {
    const run = { later: 1, runs: [] };
    const { url } = await answering(200, JSON.stringify(run));
    expect(await apiClient({ url, token: null }).runs({})).toEqual({ runs: [] });
    const refusal = { ...(JSON.parse(problem(409, 'no')) as object), error: 'Conflict', later: 1 };
    server?.close();
    const refusing = await answering(409, JSON.stringify(refusal));
    await expect(apiClient({ url: refusing.url, token: null }).ledger('m')).rejects.toMatchObject({
      status: 409,
      error: 'Conflict',
    });
  });

  it('reads why a model is not served, which is no refusal', async () => {
    const checks = [{ name: 'artifact', ok: false }];
    const health = { status: 'degraded', stage: 'production', model: 'm', version: 1, sha256: 'x' };
    const { url } = await answering(
      503,
      JSON.stringify({ ...health, routes: [], code: 'c', checks }),
    );
    expect(await apiClient({ url, token: null }).health('m')).toMatchObject({ ...health, checks });
  });

  it('calls any route of the table, a POST with a body and a GET without', async () => {
    for (const route of Object.values<Route>(ROUTES)) {
      const { url, asked } = await answering(404, problem(404, 'no'));
      await apiClient({ url: `${url}/api`, token: null })
        .call(route, { params: { run: 'r', id: 'i' }, query: { model: 'm' }, body: { a: 1 } })
        .catch(() => undefined);
      const path = route.path.replace('{run}', 'r').replace('{id}', 'i');
      expect(asked).toEqual([
        {
          method: route.method,
          url: `/api${path}?model=m`,
          authorization: undefined,
          body: route.method === 'GET' ? '' : '{"a":1}',
        },
      ]);
      server?.close();
    }
  });

  it('needs nothing of Node: a page can use it', async () => {
    const built = await build({
      entryPoints: ['src/client/client.ts'],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      logLevel: 'silent',
    });
    const [bundle] = built.outputFiles;
    expect(bundle?.text).toContain('apiClient');
    expect(bundle?.text).not.toMatch(/\bprocess\.|\bBuffer\b|["']node:/);
  });
});
