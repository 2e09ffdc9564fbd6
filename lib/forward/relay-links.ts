/** `paging.next.link`; in a JSON text its quotes tell it from any property's value, where they are escaped. */
const NEXT_LINK = /("next":\s*\{\s*(?:"after":\s*"[^"]*",\s*)?"link":\s*")https?:\/\/[^/"?]+(?=\/crm\/)/g;
const NEEDLE = '"link"';

/**
 * Lets the links to further pages lead to the relay instead of HubSpot: a client that follows them would send its relay key to
 * HubSpot, and be refused there. All else stays byte for byte; most answers have no link, and are not even decoded.
 */
export function withRelayLinks(body: Uint8Array, relayUrl: string): Uint8Array {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (!bytes.includes(NEEDLE)) return body;
  const text = bytes.toString('latin1').replace(NEXT_LINK, (_, before: string) => `${before}${relayUrl}`);
  return Buffer.from(text, 'latin1');
}
