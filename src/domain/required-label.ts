/** A label that manifests must have; with `values` one of these. */
export interface RequiredLabel {
  key: string;
  values?: readonly string[];
}

// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
const WORD = '[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?';
const RULE = new RegExp(`^((?:[a-z0-9][a-z0-9.-]*/)?${WORD})(?:=(${WORD}(?:\\|${WORD})*))?$`);

/** `env=test|prod, app`. Undefined: not readable. */
export function parseRequiredLabels(text: string): RequiredLabel[] | undefined {
  const labels = text.split(',').map((part): RequiredLabel | undefined => {
    const [, key, values] = RULE.exec(part.trim()) ?? [];
    return key === undefined ? undefined : { key, ...(values !== undefined && { values: values.split('|') }) };
  });
  return labels.every((label) => label !== undefined) ? labels : undefined;
}
