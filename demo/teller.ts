/** Tells what goes on while it goes on: a task with a spinner on a terminal, plain lines elsewhere. */
import { Listr } from 'listr2';

export interface Teller {
  readonly say: (line: string) => void;
  /** Does a piece of work under a name; its outcome is told when it is done. */
  readonly act: (name: string, work: () => Promise<string>) => Promise<void>;
}

export function plainTeller(write: (line: string) => void): Teller {
  return {
    say: write,
    act: async (name, work) => {
      write(`- ${name}`);
      write(`  ${await work()}`);
    },
  };
}

/** To stderr: stdout is for the summary. */
export function teller(): Teller {
  const write = (line: string) => void process.stderr.write(`${line}\n`);
  if (!process.stderr.isTTY || !process.stdout.isTTY) return plainTeller(write);
  let show: ((line: string) => void) | undefined;
  return {
    say: (line) => {
      if (show === undefined) write(line);
      else show(line);
    },
    act: async (name, work) => {
      const list = new Listr(
        [
          {
            title: name,
            task: async (_context, task) => {
              show = (line) => void (task.output = line.trim());
              task.title = `${name}: ${await work()}`;
            },
          },
        ],
        // Signals are ours: the stack has to be stopped first.
        { registerSignalListeners: false, rendererOptions: { lazy: false } },
      );
      try {
        await list.run();
      } finally {
        show = undefined;
      }
    },
  };
}
