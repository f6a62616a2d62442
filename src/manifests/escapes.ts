import { EVENT_SCALAR, SCALAR_STYLE_DOUBLE_QUOTED, YAMLException, getScalarValue, type parseEvents } from 'js-yaml';

/** `\/`, halves of a character, and numbers of no character: YAML 1.2 and JSON have them, kubectl's YAML has not. */
const NOT_YAML = /(?<!\\)(?:\\\\)*\\(?:\/|u[dD][89a-fA-F]|U0000[dD][89a-fA-F]|U(?!000|0010))/;

/**
 * Ends with an error at a quoted text whose escapes the parser takes and kubectl does not, or takes for something else: in
 * JSON that is half a character alone.
 */
export function refuseEscapes(text: string, events: ReturnType<typeof parseEvents>, json: boolean): void {
  if (!text.includes('\\')) return;
  for (const event of events) {
    if (event.type !== EVENT_SCALAR || event.style !== SCALAR_STYLE_DOUBLE_QUOTED) continue;
    const refused = json
      ? !getScalarValue(text, event).isWellFormed()
      : NOT_YAML.test(text.slice(event.valueStart, event.valueEnd));
    if (refused) YAMLException.throwAt(text, event.valueStart, 'kubectl does not take an escape in this text');
  }
}
