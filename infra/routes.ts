/**
 * The paths of the two APIs and the function behind each.
 *
 * A path belongs to one function, which gets every method: a wrong one is its 405 with a sentence,
 * where API Gateway would say 403. A test compares this with the routes that the functions know.
 */
import type { FunctionName } from './bundle.ts';

export const PRODUCTION_PATHS = {
  '/pipeline/uploads': 'accept-commit',
  '/pipeline/commit': 'accept-commit',
  '/pipeline/start': 'accept-commit',
  '/pipeline/rollback': 'decide-run',
  '/pipeline/runs': 'read-pipeline',
  '/pipeline/{run}/status': 'read-pipeline',
  '/pipeline/{run}/evidence': 'read-pipeline',
  '/pipeline/{run}/continue': 'decide-run',
  '/pipeline/{run}/approve': 'decide-run',
  '/pipeline/{run}/reject': 'decide-run',
  '/pipeline/{run}/cancel': 'decide-run',
  '/pipeline/{run}/resume': 'decide-run',
  '/pipeline/{run}/accept': 'decide-run',
  '/champion': 'read-pipeline',
  '/ledger': 'read-pipeline',
  '/mlflow/runs': 'read-pipeline',
  '/mlflow/runs/{id}': 'read-pipeline',
  '/mlflow/champion': 'read-pipeline',
  '/steps': 'read-pipeline',
  '/claims/generate': 'generate-claims',
  '/health': 'serve-model',
  '/predict': 'serve-model',
} as const satisfies Readonly<Record<string, FunctionName>>;

export const STAGING_PATHS = {
  '/health': 'serve-model',
  '/predict': 'serve-model',
} as const satisfies Readonly<Record<string, FunctionName>>;
