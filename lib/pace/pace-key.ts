/** The key of the one item that holds the pace, in the table of contacts: one HubSpot account a relay. */
export const PACE_KEY = 'pace#hubspot';
