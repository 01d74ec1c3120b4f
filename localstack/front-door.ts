/**
 * One loopback address for people: each HTTP API of the local stack under a prefix of its own.
 *
 * The emulator's own addresses change with every deployment (`/_aws/execute-api/<id>/api`).
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { HOST, portTaken } from './ports.ts';

export interface FrontDoor {
  /** Without a slash at its end. */
  readonly url: string;
  close(): void;
}

/** What API Gateway calls a path that no API has. LocalStack ignores the document that the APIs declare for it. */
const NO_SUCH_PATH = 'MissingAuthenticationTokenException';
/** Headers of one connection: each side of the front door has its own. */
const OF_A_CONNECTION = new Set(['connection', 'keep-alive']);

/**
 * Forwards `/api/steps?x=1` to `<target of /api>/steps?x=1`, whatever the method, and the answer back.
 *
 * @param of.port 0: any free one
 * @param of.targets prefix → URL, both without a slash at their end
 * @throws {LocalStackRefused} where the port is taken
 */
export async function openFrontDoor(of: {
  readonly port: number;
  readonly targets: Readonly<Record<string, string>>;
}): Promise<FrontDoor> {
  const server = createServer();
  const port = await new Promise<number>((listening, failed) => {
    server.once('error', (error) => {
      const taken = 'code' in error && error.code === 'EADDRINUSE';
      failed(taken ? portTaken('api', of.port) : error);
    });
    server.listen({ port: of.port, host: HOST, exclusive: true }, () => {
      const address = server.address();
      listening(typeof address === 'object' && address !== null ? address.port : of.port);
    });
  });
  // A page of another site could come under a name of its own that leads here (DNS rebinding).
  const ownNames = new Set([`${HOST}:${port}`, `localhost:${port}`]);
  server.on('request', (asked, answer) => {
    const target = targetOf(asked.url ?? '/', of.targets);
    if (!ownNames.has(asked.headers.host ?? '')) {
      refuse(answer, 403, 'Forbidden', `this is ${[...ownNames].join(' or ')}, no other host`);
    } else if (target === undefined) {
      const prefixes = Object.keys(of.targets).join(' and ');
      refuse(answer, 404, 'Not Found', `there is no console yet: the APIs are at ${prefixes}`);
    } else {
      forward(asked, answer, new URL(target));
    }
  });
  return {
    url: `http://${HOST}:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function targetOf(url: string, targets: Readonly<Record<string, string>>): string | undefined {
  for (const [prefix, target] of Object.entries(targets)) {
    const rest = url.slice(prefix.length);
    if (url.startsWith(prefix) && (rest === '' || /^[/?]/.test(rest))) return target + rest;
  }
  return undefined;
}

function forward(asked: IncomingMessage, answer: ServerResponse, target: URL): void {
  const onward = request(target, {
    method: asked.method,
    headers: { ...ownHeaders(asked), host: target.host },
    // A connection each: a kept one may be closed just when the next request goes out on it.
    agent: false,
  });
  onward.on('response', (answered) => {
    if (answered.headers['x-amzn-errortype'] === NO_SUCH_PATH) {
      answered.resume();
      refuse(answer, 404, 'Not Found', 'there is no such path');
      return;
    }
    answer.writeHead(answered.statusCode ?? 502, ownHeaders(answered));
    answered.pipe(answer);
    answered.on('error', () => answer.destroy());
  });
  onward.on('error', () => {
    if (answer.headersSent) answer.destroy();
    else refuse(answer, 502, 'Bad Gateway', 'the local AWS does not answer');
  });
  answer.on('close', () => onward.destroy());
  asked.on('error', () => onward.destroy());
  asked.pipe(onward);
}

function ownHeaders(message: IncomingMessage): NodeJS.Dict<string | string[]> {
  return Object.fromEntries(
    Object.entries(message.headers).filter(([name]) => !OF_A_CONNECTION.has(name)),
  );
}

/** As the APIs refuse: a problem document (RFC 9457). */
function refuse(answer: ServerResponse, status: number, title: string, detail: string): void {
  answer.writeHead(status, { 'content-type': 'application/problem+json' });
  answer.end(`${JSON.stringify({ type: 'about:blank', title, status, detail })}\n`);
}
