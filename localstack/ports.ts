/** Where the local stack answers on this machine: the same ports at each start, where they are free. */
import { createServer } from 'node:net';
import { LocalStackRefused } from './errors.ts';

export const HOST = '127.0.0.1';

/** What people reach of a stack, by the field of `Ports`. */
export const ANSWERING = {
  api: { name: 'the API', variable: 'TITLEHOLDER_API_PORT' },
  mlflow: { name: 'MLflow', variable: 'TITLEHOLDER_MLFLOW_PORT' },
  aws: { name: 'the local AWS', variable: 'TITLEHOLDER_AWS_PORT' },
} as const;
export type Ports = Readonly<Record<keyof typeof ANSWERING, number>>;

export const USUAL_PORTS: Ports = { api: 4567, mlflow: 5000, aws: 4566 };
/** Any free port each: for stacks beside a person's. */
export const ANY_PORTS: Ports = { api: 0, mlflow: 0, aws: 0 };

/**
 * The port that each variable asks for, else that of `usual`, else any free one, which is said.
 *
 * @throws {LocalStackRefused} where a variable asks for no port, or for one that is taken
 */
export async function choosePorts(
  env: Readonly<Record<string, string | undefined>>,
  usual: Ports,
  say: (line: string) => void,
): Promise<Ports> {
  const choose = async (part: keyof typeof ANSWERING): Promise<number> => {
    const { name, variable } = ANSWERING[part];
    const asked = askedPort(env, variable);
    const port = asked ?? usual[part];
    const free = await listenOnce(port);
    if (free !== undefined) return free;
    if (asked !== undefined) throw portTaken(part, port);
    const other = (await listenOnce(0)) ?? 0;
    say(`port ${port}, where ${name} usually is, is taken: it is at port ${other} this time`);
    return other;
  };
  return { api: await choose('api'), mlflow: await choose('mlflow'), aws: await choose('aws') };
}

/** Throws `LocalStackRefused` where the variable holds no port. */
export function askedPort(
  env: Readonly<Record<string, string | undefined>>,
  variable: string,
): number | undefined {
  const text = env[variable];
  if (text === undefined || text === '') return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new LocalStackRefused(`${variable} is "${text}", not a port`);
  }
  return port;
}

/** For a port that was free a moment ago, or that a caller gave. */
export function portTaken(part: keyof typeof ANSWERING, port: number): LocalStackRefused {
  const { name, variable } = ANSWERING[part];
  return new LocalStackRefused(
    `port ${port}, which ${name} needs, is taken: set ${variable} to a free one`,
  );
}

/** The port that could be listened on (0: any free one), or undefined where it is taken. */
export async function listenOnce(port: number): Promise<number | undefined> {
  const server = createServer();
  return new Promise((found) => {
    server.once('error', () => {
      found(undefined);
    });
    server.listen({ port, host: HOST, exclusive: true }, () => {
      const address = server.address();
      const taken = typeof address === 'object' && address !== null ? address.port : undefined;
      server.close(() => {
        found(taken);
      });
    });
  });
}
