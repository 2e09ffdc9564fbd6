/** An e-mail as HubSpot stores it: without blanks around it, in lower case. */
export const normaliseEmail = (value: string): string => value.trim().toLowerCase();

/** The e-mails of a `hs_additional_emails` value, which separates them by semicolons. */
export const splitEmails = (value: string): string[] =>
  value
    .split(';')
    .map(normaliseEmail)
    .filter((email) => email !== '');

const LOCAL_PART = /^[^\s@"(),:;<>[\\\]]+$/u;
const LABEL = /^[\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?$/u;

/** Whether a normalised value looks like an e-mail: a local part and a domain of at least two labels. */
export function isEmail(value: string, unicode: 'accept' | 'refuse'): boolean {
  if (value.length > 254) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: "ASCII only" is what is meant
  if (unicode === 'refuse' && !/^[\x00-\x7f]*$/.test(value)) return false;
  const at = value.lastIndexOf('@');
  const local = value.slice(0, at);
  const labels = value.slice(at + 1).split('.');
  if (at < 1 || local.length > 64 || !LOCAL_PART.test(local)) return false;
  if (local.startsWith('.') || local.endsWith('.') || local.includes('..')) return false;
  return labels.length >= 2 && labels.every((label) => LABEL.test(label)) && (labels.at(-1) ?? '').length >= 2;
}
