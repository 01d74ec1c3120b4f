/**
 * One Lambda execution environment: loads a handler, then answers one invocation at a time.
 *
 *   node [--max-old-space-size=N] bootstrap.mjs <descriptor> <server pid>
 *
 * The descriptor is one end of a socket pair. Requests and answers are one JSON document a line:
 *   → {"id","arn","traceId","deadline","payload"}      payload is the event as JSON text
 *   ← {"ready":true} once, or {"initError":{…}} and the process ends
 *   ← {"id","payload"} or {"id","error":{"errorType","errorMessage","trace"}}, with "fatal":true when
 *     the process ends after it
 */
import { existsSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

/** AWS's limit for the answer of a synchronous invocation: 6 MB and 100 bytes. */
const RESPONSE_LIMIT_BYTES = 6_291_556;
const WATCH_INTERVAL_MS = 500;

if (isMainThread) {
  await serve();
} else {
  watchServer();
}

/**
 * Runs on a thread of its own, so that a handler in a CPU loop can't hold it up: when the server is
 * gone, however it went, this process has another parent and must go too.
 */
function watchServer() {
  setInterval(() => {
    if (process.ppid !== workerData.serverPid) process.kill(process.pid, 'SIGKILL');
  }, WATCH_INTERVAL_MS);
}

async function serve() {
  const [descriptor, serverPid] = process.argv.slice(2).map(Number);
  const watcher = new Worker(new URL(import.meta.url), {
    workerData: { serverPid },
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 },
  });
  watcher.unref();

  const socket = new Socket({ fd: descriptor, readable: true, writable: true });
  const send = (message) =>
    new Promise((sent) => socket.write(`${JSON.stringify(message)}\n`, () => sent()));
  socket.on('error', () => process.exit(1));
  socket.on('close', () => process.exit(0));

  let loaded = false;
  let current;
  /** What escapes a handler ends the environment, as on AWS; the next invocation gets a new one. */
  const dieOf = async (error) => {
    console.error(error);
    if (!loaded) await send({ initError: describe(error) });
    // `fatal`: the server must not send another request to this process, which is about to end.
    else if (current !== undefined)
      await send({ id: current, error: describe(error), fatal: true });
    process.exit(1);
  };
  process.on('uncaughtException', dieOf);
  process.on('unhandledRejection', (reason) =>
    dieOf(
      Object.assign(new Error(reason instanceof Error ? reason.message : String(reason)), {
        name: 'Runtime.UnhandledPromiseRejection',
        ...(reason instanceof Error && { stack: reason.stack }),
      }),
    ),
  );

  let handler;
  try {
    handler = await loadHandler(process.env['LAMBDA_TASK_ROOT'], process.env['_HANDLER']);
  } catch (error) {
    await dieOf(error);
  }
  loaded = true;
  await send({ ready: true });

  for await (const line of createInterface({ input: socket, crlfDelay: Infinity })) {
    const request = JSON.parse(line);
    current = request.id;
    process.env['_X_AMZN_TRACE_ID'] = request.traceId;
    const answer = await invoke(handler, request);
    current = undefined;
    await send(answer);
  }
}

async function invoke(handler, { id, arn, deadline, payload }) {
  try {
    const result = await handler(JSON.parse(payload), contextOf(id, arn, deadline));
    const answer = JSON.stringify(result) ?? 'null';
    const size = Buffer.byteLength(answer);
    if (size > RESPONSE_LIMIT_BYTES) {
      throw Object.assign(
        new Error(
          `Response payload size (${size} bytes) exceeded maximum allowed payload size (6291556 bytes).`,
        ),
        { name: 'Function.ResponseSizeTooLarge' },
      );
    }
    return { id, payload: answer };
  } catch (error) {
    console.error('Invoke Error', error);
    return { id, error: describe(error) };
  }
}

function contextOf(awsRequestId, invokedFunctionArn, deadline) {
  const env = process.env;
  return {
    awsRequestId,
    invokedFunctionArn,
    functionName: env['AWS_LAMBDA_FUNCTION_NAME'],
    functionVersion: env['AWS_LAMBDA_FUNCTION_VERSION'],
    memoryLimitInMB: env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    logGroupName: env['AWS_LAMBDA_LOG_GROUP_NAME'],
    logStreamName: env['AWS_LAMBDA_LOG_STREAM_NAME'],
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

/** Step Functions' Retry and Catch match on errorType, so it is the error's own name. */
function describe(error) {
  if (error instanceof Error || (typeof error === 'object' && error !== null && 'name' in error)) {
    return {
      errorType: String(error.name),
      errorMessage: String(error.message),
      trace: String(error.stack ?? '').split('\n'),
    };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

/** `folder/file.member` → the member of folder/file.mjs, .js or .cjs: ESM or CJS, as Node decides. */
async function loadHandler(root, name) {
  const dot = name.lastIndexOf('.');
  const [file, member] = [name.slice(0, dot), name.slice(dot + 1)];
  const path = ['.mjs', '.js', '.cjs'].map((ending) => join(root, file + ending)).find(existsSync);
  if (path === undefined) {
    throw Object.assign(new Error(`Cannot find module '${file}'`), {
      name: 'Runtime.ImportModuleError',
    });
  }
  const module = await import(pathToFileURL(path).href);
  // Of a CJS module, Node finds the named exports only where it can tell them from the text.
  const handler = module[member] ?? module.default?.[member];
  if (typeof handler !== 'function') {
    throw Object.assign(new Error(`${name} is undefined or not exported`), {
      name: 'Runtime.HandlerNotFound',
    });
  }
  return handler;
}
