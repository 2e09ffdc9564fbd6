/** A property of the compared portals that is unique. */
export const UNIQUE = 'erp_id';
