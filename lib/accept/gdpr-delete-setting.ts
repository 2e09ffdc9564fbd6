import { errorAnswer, type HttpAnswer } from './hubspot-error.ts';

/** The setting `gdprDelete`: whether people may be deleted for good through the relay. */
export type GdprDelete = 'on' | 'off';

/** Reads it from a function's environment: whatever is not surely on is off. */
export const parseGdprDeleteSetting = (text: string | undefined): GdprDelete => (text === 'on' ? 'on' : 'off');

/** While it is off, by whatever path the request came. */
export const gdprDeleteIsOff = (correlationId: string): HttpAnswer =>
  errorAnswer(
    403,
    'FORBIDDEN',
    'GDPR deletes are turned off: deploy the relay with the setting gdprDelete=on to allow them',
    correlationId,
  );
