import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import {
  createServer,
  get,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { type FrontDoor, openFrontDoor } from '../../../localstack/front-door.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function api(
  answer: RequestListener,
): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  open.push(server);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, server };
}

async function door(targets: Record<string, string>): Promise<FrontDoor> {
  const made = await openFrontDoor({ port: 0, targets });
  open.push(made);
  return made;
}

/** An API that answers with what it was asked. */
const echo: RequestListener = (asked, answer) => {
  void text(asked).then((body) => {
    const { method, url, headers } = asked;
    answer.writeHead(418, { 'content-type': 'application/json', 'x-of-the-api': 'yes' });
    answer.end(JSON.stringify({ method, url, headers, body }));
  });
};

describe('the front door', () => {
  it('hands a request on with path, query, headers and body as they are, and the answer back', async () => {
    const { url } = await api(echo);
    const { url: front } = await door({ '/api': `${url}/_aws/execute-api/id/v1` });
    const answer = await fetch(`${front}/api/pipeline/a%2Fb/status?model=x%20y&model=z`, {
      method: 'POST',
      headers: { authorization: 'Bearer t', 'content-type': 'text/csv' },
      body: 'a;b\né',
    });
    expect(answer.status).toBe(418);
    expect(answer.headers.get('x-of-the-api')).toBe('yes');
    expect(await answer.json()).toMatchObject({
      method: 'POST',
      url: '/_aws/execute-api/id/v1/pipeline/a%2Fb/status?model=x%20y&model=z',
      headers: {
        authorization: 'Bearer t',
        'content-type': 'text/csv',
        host: new URL(url).host,
      },
      body: 'a;b\né',
    });
  });

  it('keeps APIs apart by whole parts of the path, and answers 404 in one line elsewhere', async () => {
    const production = await api((_, answer) => answer.end('production'));
    const staging = await api((_, answer) => answer.end('staging'));
    const { url } = await door({ '/api': production.url, '/staging/api': staging.url });
    const body = async (path: string) => (await fetch(`${url}${path}`)).text();
    expect(await body('/api/health')).toBe('production');
    expect(await body('/api?x=1')).toBe('production');
    expect(await body('/staging/api/health')).toBe('staging');
    for (const path of ['/', '/apis', '/staging', '/favicon.ico']) {
      const answer = await fetch(`${url}${path}`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        404,
        'application/problem+json',
      ]);
      expect(await answer.json()).toMatchObject({
        status: 404,
        detail: 'there is no console yet: the APIs are at /api and /staging/api',
      });
    }
  });

  it('answers as API Gateway on AWS does for a path that no API has', async () => {
    const { url: api_ } = await api((asked, answer) => {
      const isGateways = asked.url?.startsWith('/nowhere') === true;
      answer.writeHead(
        404,
        isGateways ? { 'x-amzn-errortype': 'MissingAuthenticationTokenException' } : {},
      );
      answer.end(isGateways ? '{"message": "Missing Authentication Token"}' : 'of the API');
    });
    const { url } = await door({ '/api': api_ });
    const answer = await fetch(`${url}/api/nowhere?x=1`, { method: 'POST', body: 'x' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      404,
      'application/problem+json',
    ]);
    expect(answer.headers.get('x-amzn-errortype')).toBeNull();
    const declared = /'(\{"type":"about:blank".*\})'/.exec(
      readFileSync(join(import.meta.dirname, '../../../infra/constructs/api.ts'), 'utf8'),
    );
    expect(await answer.json()).toEqual(JSON.parse(declared?.[1] ?? ''));
    expect(await (await fetch(`${url}/api/model`)).text()).toBe('of the API');
  });

  it('lets nobody in under a name that is not its own', async () => {
    const { url: api_ } = await api(() => {
      throw new Error('the API was reached');
    });
    const { url } = await door({ '/api': api_ });
    const [answer] = (await once(
      get(`${url}/api/health`, { headers: { host: 'evil.example' } }),
      'response',
    )) as [IncomingMessage];
    expect(answer.statusCode).toBe(403);
  });

  it('says that the local AWS does not answer, and goes on when it does again', async () => {
    const { url, server } = await api(echo);
    const { url: front } = await door({ '/api': url });
    server.close();
    await once(server, 'close');
    const answer = await fetch(`${front}/api/health`);
    expect([answer.status, await answer.json()]).toMatchObject([
      502,
      { detail: 'the local AWS does not answer' },
    ]);
    server.listen(Number(new URL(url).port), '127.0.0.1');
    await once(server, 'listening');
    expect((await fetch(`${front}/api/health`)).status).toBe(418);
  });

  it('is refused a port that is taken, in one line', async () => {
    const { url } = await api(echo);
    const port = Number(new URL(url).port);
    await expect(openFrontDoor({ port, targets: {} })).rejects.toThrow(
      `port ${port}, which the API needs, is taken: set TITLEHOLDER_API_PORT to a free one`,
    );
  });
});
