/** HTTP as a stranger would speak it: any method, any body, any token. */
export interface Asked {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** The whole header; undefined: none is sent. */
  readonly authorization?: string | undefined;
  /** Sent as it is where it is a string, else as JSON. */
  readonly body?: unknown;
}

export interface Told {
  readonly status: number;
  /** The problem's detail, or the whole text where there is no problem document. */
  readonly line: string;
  readonly type: string | null;
}

export async function ask(root: string, asked: Asked): Promise<Told> {
  const { path, authorization, body } = asked;
  const response = await fetch(`${root}${path}`, {
    method: asked.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      'content-type': 'application/json',
      ...(authorization === undefined ? {} : { authorization }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(300_000),
  });
  const text = await response.text();
  const type = response.headers.get('content-type');
  const line = type?.startsWith('application/problem+json') ? JSON.parse(text).detail : text;
  return { status: response.status, line, type };
}
