/**
 * `npm run structure [-- FOLDER]`: the shape of this tree, or of an older copy's. Exit code 1 where a
 * limit is broken.
 */
import { resolve } from 'node:path';
import { readTree } from './read-tree.ts';
import { type Long, MOST_FILE_LINES, MOST_FUNCTION_LINES, type Room, shapeOf } from './shape.ts';

const SHOWN = 10;

function main([folder]: readonly string[]): number {
  const shape = shapeOf(readTree(resolve(folder ?? `${import.meta.dirname}/../..`)));
  const circles = shape.circles.map((circle) => circle.join(', '));
  const parts = [
    part('Folders at the top (files, lines of code by hand)', roomTable(shape.folders)),
    part('Rooms of src/', roomTable(shape.rooms)),
    part('Circles', circles.length === 0 ? ['none'] : circles),
    part(`Largest files by hand (limit ${MOST_FILE_LINES} lines)`, longest(shape.files)),
    part(
      `Longest functions outside tests and src/learning (limit ${MOST_FUNCTION_LINES} lines)`,
      longest(shape.functions),
    ),
    part('Limits', shape.broken.length === 0 ? ['all hold'] : shape.broken),
  ];
  // At once, so that a reader who has seen enough may close the pipe.
  process.stdout.write(parts.join('\n'));
  return shape.broken.length === 0 ? 0 : 1;
}

function roomTable(rooms: readonly Room[]): string[] {
  const width = Math.max(0, ...rooms.map(({ name }) => name.length));
  return rooms.map(({ name, files, lines, imports }) =>
    [
      name.padEnd(width),
      String(files).padStart(4),
      lines.toLocaleString('en').padStart(7),
      imports.length === 0 ? '' : `imports ${imports.join(' ')}`,
    ]
      .join('  ')
      .trimEnd(),
  );
}

function longest(of: readonly Long[]): string[] {
  return of.slice(0, SHOWN).map(({ name, lines }) => `${String(lines).padStart(4)}  ${name}`);
}

function part(title: string, lines: readonly string[]): string {
  return `${title}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

process.exitCode = main(process.argv.slice(2));
