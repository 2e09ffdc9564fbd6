// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is what it is for
const ILLEGAL_IN_VALUES = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is what it is for
const ILLEGAL_IN_NAMES = /[\u0000-\u001f\u007f\ufffe\uffff]/;

/**
 * Whether a property value can travel: SQS takes only characters that XML allows (SQS guide, SendMessage), so no lone
 * surrogates, no U+FFFE and U+FFFF, and of the control characters only tab, line feed and carriage return.
 */
export const isLegalValue = (text: string): boolean => !ILLEGAL_IN_VALUES.test(text) && text.isWellFormed();

/** Whether a name, id or key can travel and be shown in one line: as `isLegalValue`, and without any control character. */
export const isLegalName = (text: string): boolean => !ILLEGAL_IN_NAMES.test(text) && text.isWellFormed();
