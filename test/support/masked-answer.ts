/**
 * An answer with everything in it that differs from run to run replaced by what it is: ids, times, correlation ids. Two
 * servers that behave alike then give equal answers. Fields without a value are left out.
 */
export function maskAnswer(value: unknown): unknown {
  if (value instanceof Date) return '<time>';
  if (typeof value === 'string') return maskText(value);
  if (Array.isArray(value)) return value.map(maskAnswer);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.map(([name, field]) => [name, maskAnswer(field)]));
}

const maskText = (text: string): string =>
  text
    .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<uuid>')
    .replace(/\b\d{6,}\b/g, '<id>');
