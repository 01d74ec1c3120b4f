import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { apiClient, Refused } from '#client/client.ts';
import { endOf } from '../../../cli/output.ts';

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
      expect(refused).toBeInstanceOf(Refused);
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
});
