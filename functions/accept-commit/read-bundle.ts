/** Reads a bundle as far as it must be right before a run is worth starting. */
import type { ModelDocument } from '#contracts/folder/model.ts';
import { Bundle } from '#contracts/folder/bundle.ts';
import { TitleholderError } from '#domain/errors.ts';
import { parseJson } from '#contracts/parse.ts';
import { readFolder } from '#model-folder/read.ts';

/**
 * The bundle's model document. Throws `BadInput` naming the file and the field: not a bundle, another
 * model's, a document absent or misshapen.
 */
export function readBundle(bytes: Uint8Array, model: string): ModelDocument {
  const bundle = parseJson(Bundle, bytes, 'the bundle');
  if (bundle.model !== model) {
    throw new TitleholderError('BadInput', `the bundle is of ${bundle.model}, not of ${model}`);
  }
  const folder = readFolder(bundle.files).model;
  if (folder.name !== model) {
    throw new TitleholderError('BadInput', `model.json: name: is ${folder.name}, not ${model}`);
  }
  return folder;
}
