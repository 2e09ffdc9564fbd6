/** Longest address that mail can be sent to (RFC 5321, 4.5.3.1.3, less the two brackets). */
const MAX_LENGTH = 254;
const DOMAIN_LABEL = /^[^\s@.,;:<>()[\]\\"]+$/;

/**
 * Whether HubSpot could take `text`, trimmed, as an e-mail: one `@`, something before it, a domain with a dot after it, no
 * blanks. Deliberately coarser than HubSpot's own check, which nobody has documented: the door refuses only what is
 * refused for sure, the rest is HubSpot's to judge.
 */
export function isEmailAddress(text: string): boolean {
  const address = text.trim();
  if (address.length > MAX_LENGTH || /[\s<>]/.test(address)) return false;
  const at = address.indexOf('@');
  if (at < 1 || at !== address.lastIndexOf('@')) return false;
  const labels = address.slice(at + 1).split('.');
  return labels.length > 1 && labels.every((label) => DOMAIN_LABEL.test(label));
}
