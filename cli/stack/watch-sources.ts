/** Redeploys a running stack whenever its functions' sources change. */
import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import type { Redeployed } from '../../localstack/redeploy.ts';
import { endOf } from '../output.ts';

/** An editor's save is several events, and a switch of branches many files. */
const QUIET_MILLIS = 300;
/** What functions, machine and templates are made of; not an editor's temporary files. */
const SOURCE = /^(?!.*(?:^|\/)\.)[^~#]*\.(?:ts|json|py)$/;
/** A redeployment takes seconds, in which a person would wonder whether the save was seen. */
const BEGINS = 'a source changed: redeploying …';

/**
 * Calls `redeploy` once a change is over, one call at a time, and says when it begins and what came of it;
 * a mistake in a source is said too, and the next change is looked at.
 *
 * @returns what ends the watch
 */
export function watchSources(of: {
  readonly folders: readonly string[];
  readonly redeploy: () => Promise<Redeployed>;
  readonly say: (line: string) => void;
}): () => void {
  const now = { changed: false, atWork: false };
  const end = new AbortController();
  let waiting: NodeJS.Timeout | undefined;

  const run = async (): Promise<void> => {
    now.changed = true;
    if (now.atWork) return;
    now.atWork = true;
    while (now.changed) {
      now.changed = false;
      of.say(BEGINS);
      const line = await of.redeploy().then(redeployedWords, (error: unknown) => endOf(error).line);
      if (end.signal.aborted) return;
      of.say(line);
    }
    now.atWork = false;
  };
  const watchers = of.folders.map(
    (folder): FSWatcher =>
      watch(folder, { recursive: true }, (_, file) => {
        if (file !== null && !SOURCE.test(file)) return;
        clearTimeout(waiting);
        waiting = setTimeout(() => void run(), QUIET_MILLIS);
      }),
  );
  return () => {
    end.abort();
    clearTimeout(waiting);
    for (const watcher of watchers) watcher.close();
  };
}

/** One line: what runs new code now, and how long it took. */
export function redeployedWords({ changed, seconds }: Redeployed): string {
  return changed.length === 0
    ? `nothing to redeploy: every function is as it runs (${seconds.toFixed(1)} s)`
    : `redeployed ${changed.join(', ')} (${seconds.toFixed(1)} s)`;
}

const WATCHED = ['functions', 'infra', 'src', 'state-machines'];

/** What `up --watch` says once it watches. */
export const watchWords = `watching ${WATCHED.join('/, ')}/: a saved change is redeployed`;

/** Where the sources of functions, machine and templates are. */
export function sourceFolders(project: string): readonly string[] {
  return WATCHED.map((folder) => join(project, folder));
}
