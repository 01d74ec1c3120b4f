import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { LocalStackRefused } from '../../../localstack/errors.ts';
import { ANY_PORTS, choosePorts, HOST, listenOnce } from '../../../localstack/ports.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A port that somebody else listens on. */
async function takenPort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function freePort(): Promise<number> {
  return (await listenOnce(0)) ?? 0;
}

describe('the ports of a local stack', () => {
  it('are the usual ones where these are free, and nothing is said', async () => {
    const usual = { api: await freePort(), mlflow: await freePort(), aws: await freePort() };
    const said: string[] = [];
    expect(await choosePorts({}, usual, (line) => said.push(line))).toEqual(usual);
    expect(said).toEqual([]);
  });

  it('are others where these are taken, and both are named', async () => {
    const usual = { ...ANY_PORTS, mlflow: await takenPort() };
    const said: string[] = [];
    const { mlflow } = await choosePorts({}, usual, (line) => said.push(line));
    expect(mlflow).not.toBe(usual.mlflow);
    expect(await listenOnce(mlflow)).toBe(mlflow);
    expect(said).toEqual([
      `port ${usual.mlflow}, where MLflow usually is, is taken: it is at port ${mlflow} this time`,
    ]);
  });

  it('are those that a variable asks for', async () => {
    const port = await freePort();
    const env = { TITLEHOLDER_AWS_PORT: String(port) };
    expect((await choosePorts(env, ANY_PORTS, () => undefined)).aws).toBe(port);
  });

  it('are refused where a variable asks for a taken one', async () => {
    const port = await takenPort();
    const env = { TITLEHOLDER_API_PORT: String(port) };
    await expect(choosePorts(env, ANY_PORTS, () => undefined)).rejects.toThrow(
      new LocalStackRefused(
        `port ${port}, which the API needs, is taken: set TITLEHOLDER_API_PORT to a free one`,
      ),
    );
  });

  it.each(['x', '0', '65536', '80.5', '-1'])('are refused where a variable is %j', async (text) => {
    const env = { TITLEHOLDER_MLFLOW_PORT: text };
    await expect(choosePorts(env, ANY_PORTS, () => undefined)).rejects.toThrow(
      `TITLEHOLDER_MLFLOW_PORT is "${text}", not a port`,
    );
  });
});
