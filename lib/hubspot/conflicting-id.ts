/** HubSpot names the contact in its way only in the sentence: `Contact already exists. Existing ID: 123`. */
export const CONFLICTING_ID = /Existing ID: (\d+)/;
