/**
 * The path of the portal's contact properties for an API version: `v3`, or a date version (properties API reference, 2026-03). Without
 * `dataSensitivity` HubSpot lists the ordinary ones only.
 */
export function propertyListPath(version: string, dataSensitivity: DataSensitivity): string {
  const path = version === 'v3' ? '/crm/v3/properties/contacts' : `/crm/properties/${version}/contacts`;
  return `${path}?archived=false&dataSensitivity=${dataSensitivity}`;
}

/** Each kind is listed by itself (properties API reference). */
export const DATA_SENSITIVITIES = ['non_sensitive', 'sensitive', 'highly_sensitive'] as const;
export type DataSensitivity = (typeof DATA_SENSITIVITIES)[number];
