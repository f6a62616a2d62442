import type { Readable } from 'node:stream';

/** A line of output. */
export interface Line {
  from: 'out' | 'err';
  text: string;
}

/**
 * Collects the lines of a process's two outputs, as near as can be to the order in which they were written: what arrives
 * together is taken from stderr first, because kubectl prints an object's warnings before its name. Complete when both
 * streams have ended.
 */
export function collectLines(out: Readable, err: Readable): Line[] {
  const lines: Line[] = [];
  const parts = { err: '', out: '' };
  let waiting: NodeJS.Immediate | undefined;
  listen(err, 'err');
  listen(out, 'out');
  return lines;

  function listen(stream: Readable, from: Line['from']): void {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      parts[from] += text;
      waiting ??= setImmediate(flush);
    });
    stream.on('end', () => {
      flush();
      if (parts[from] !== '') lines.push({ from, text: parts[from] });
      parts[from] = '';
    });
  }

  function flush(): void {
    clearImmediate(waiting);
    waiting = undefined;
    for (const from of ['err', 'out'] as const) {
      const complete = parts[from].split('\n');
      parts[from] = complete.pop() ?? '';
      lines.push(...complete.map((text) => ({ from, text })));
    }
  }
}
