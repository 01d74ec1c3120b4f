/** A server of the local stack failed, or cdk did; where there is one, with the end of its log. */
export class LocalStackError extends Error {
  override readonly name = 'LocalStackError';
}

/** What a person must change first, in one line: a port, a source that doesn't build. */
export class LocalStackRefused extends Error {
  override readonly name = 'LocalStackRefused';
}
