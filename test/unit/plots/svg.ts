/** What stands in an SVG and where, by its tags and translations. */
export interface Drawn {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly x: number;
  readonly y: number;
  /** Of a text: its lines, joined by a space. */
  readonly text: string;
}

/** Throws where tags aren't closed in order. */
export function readSvg(svg: string): Drawn[] {
  const drawn: { -readonly [K in keyof Drawn]: Drawn[K] }[] = [];
  const open: (typeof drawn)[number][] = [];
  let end = 0;
  for (const match of svg.matchAll(/<(\/?)([a-zA-Z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g)) {
    const [whole, closing, tag = '', written = '', empty] = match;
    const between = svg.slice(end, match.index);
    if (between.includes('<')) throw new Error(`no tag: ${between}`);
    const parent = open.at(-1);
    if (parent !== undefined && between.trim() !== '') {
      const holder = parent.tag === 'tspan' ? open.at(-2)! : parent;
      const said = between.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
      holder.text = holder.text === '' ? said : `${holder.text} ${said}`;
    }
    end = match.index + whole.length;
    if (closing === '/') {
      if (open.pop()?.tag !== tag) throw new Error(`</${tag}> closes nothing`);
      continue;
    }
    const attributes = Object.fromEntries(
      [...written.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [
        name,
        value,
      ]),
    );
    const [, dx = '0', dy = '0'] =
      /translate\(([-\d.e]+),\s*([-\d.e]+)\)/.exec(attributes['transform'] ?? '') ?? [];
    const one = {
      tag,
      attributes,
      x: (parent?.x ?? 0) + Number(dx),
      y: (parent?.y ?? 0) + Number(dy),
      text: '',
    };
    drawn.push(one);
    if (empty !== '/') open.push(one);
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)!.tag}> isn't closed`);
  return drawn;
}

export function textsOf(svg: string): Drawn[] {
  return readSvg(svg).filter(({ tag }) => tag === 'text');
}
