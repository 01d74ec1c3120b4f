/** That there is something to decide: a challenger that is the champion leaves everything as it is. */
import * as z from 'zod';
import { type Judgement, measurement, standingGate } from './gate-kind.ts';

/** The hash of everything in an artifact but its provenance, of each model; null without a champion. */
export const modelHashes = measurement(
  'modelHashes',
  z.object({ challenger: z.string(), champion: z.union([z.null(), z.string()]) }),
);

/** Nothing else counts where it speaks: whatever gate fails, it fails of what serves already. */
export const sameModel = standingGate({
  kind: 'same-model',
  role: 'condition',
  measurements: [modelHashes],
  since: 3,
  judge({ champion, measurements }): Judgement {
    const hashes = measurements.modelHashes;
    if (champion === null || hashes === undefined) return {};
    if (hashes.challenger !== hashes.champion) return {};
    const reason = `the same model as the champion (version ${champion.version}) in everything but its provenance: nothing changes, and nobody is asked`;
    return {
      rulings: [
        {
          mode: 'enforce',
          verdict: 'hold',
          finding: 'same-model',
          reason,
          setsAside: 'everything',
        },
      ],
    };
  },
});
