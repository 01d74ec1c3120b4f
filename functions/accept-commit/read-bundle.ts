/** Reads a bundle as far as it must be right before a run is worth starting. */
import { Bundle, ModelDocument, PolicyDocument, SchemaDocument } from '../../contracts/folder.ts';
import { TitleholderError } from '../../domain/errors.ts';
import { parse, parseJson } from '../../http/parse.ts';

/**
 * The bundle's model document. Throws `BadInput` naming the file and the field: not a bundle, another
 * model's, a document absent or misshapen.
 */
export function readBundle(bytes: Uint8Array, model: string): ModelDocument {
  const text = new TextDecoder().decode(bytes);
  const bundle = parse(Bundle, parseJson(text, 'the bundle'), 'the bundle');
  if (bundle.model !== model) {
    throw new TitleholderError('BadInput', `the bundle is of ${bundle.model}, not of ${model}`);
  }
  const document = (file: string): unknown => {
    const content = Object.hasOwn(bundle.files, file) ? bundle.files[file] : undefined;
    if (content === undefined) {
      throw new TitleholderError('BadInput', `the bundle has no ${file}`);
    }
    return parseJson(content, file);
  };
  const folder = parse(ModelDocument, document('model.json'), 'model.json');
  parse(SchemaDocument, document('schema.json'), 'schema.json');
  parse(PolicyDocument, document('policy.json'), 'policy.json');
  if (folder.name !== model) {
    throw new TitleholderError('BadInput', `model.json is of ${folder.name}, not of ${model}`);
  }
  return folder;
}
