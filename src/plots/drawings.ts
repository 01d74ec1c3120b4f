/** Pictures that may fail: each is drawn, or says why it isn't. */
import { TitleholderError } from '#domain/errors.ts';
import { LearningError } from '#learning/errors.ts';

/** Pictures that are still to be drawn, by their file's name. */
export type Drawings = Readonly<Record<string, () => Promise<string>>>;

/** How a step has its pictures drawn: by `drawAll`, or not at all where they aren't shown. */
export type Draw = (drawings: Drawings) => Promise<Record<string, Drawing>>;

/**
 * Draws each picture, and says of one that can't be drawn why, so that no release fails for want of a picture. An error
 * that is no refusal is a defect, and is thrown.
 */
export async function drawAll(drawings: Drawings): Promise<Record<string, Drawing>> {
  const charts: Record<string, Drawing> = {};
  for (const [name, draw] of Object.entries(drawings)) {
    try {
      charts[name] = await draw();
    } catch (error) {
      if (!(error instanceof LearningError || error instanceof TitleholderError)) throw error;
      charts[name] = { notDrawn: error.message };
    }
  }
  return charts;
}

/** SVG text, or why there is none. */
type Drawing = string | { notDrawn: string };

/** Throws the refusal of a picture that has too little to show. */
export function tooFew(what: string): never {
  throw new TitleholderError('DataInvalid', what);
}
