/** One line for whoever watches. */
export const say = (text = ''): void => void process.stdout.write(`${text}\n`);

/** Ends the demo when something is not as it should be. */
export function expect(fact: boolean, otherwise: string): void {
  if (!fact) throw new Error(otherwise);
}
