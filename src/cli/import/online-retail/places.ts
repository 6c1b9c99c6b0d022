/** Code of the location where goods that come back are put. */
export const RETURNS = 'RETURNS'
