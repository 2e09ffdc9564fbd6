import { describe, expect, test } from '@jest/globals';
import { chooseHubSpot } from '../../../infra/local/choose-hubspot.ts';

describe('the HubSpot of a local relay', () => {
  test('is the simulator when nothing is said', () => {
    expect(chooseHubSpot({}, {})).toBeUndefined();
    expect(chooseHubSpot({ HUBSPOT_BASE_URL: '', HUBSPOT_ACCESS_TOKEN: '' }, {})).toBeUndefined();
  });

  test('is the real one for a token alone', () => {
    const chosen = chooseHubSpot({ HUBSPOT_ACCESS_TOKEN: 'a-token' }, {});
    expect(chosen).toEqual({ baseUrl: 'https://api.hubapi.com', token: 'a-token' });
  });

  test('is the address that is given, without a slash at its end', () => {
    const environment = { HUBSPOT_BASE_URL: 'http://127.0.0.1:4100/', HUBSPOT_ACCESS_TOKEN: 'a-token' };
    expect(chooseHubSpot(environment, {})).toEqual({ baseUrl: 'http://127.0.0.1:4100', token: 'a-token' });
    const byVariable = chooseHubSpot({ HUBSPOT_BASE_URL: 'http://127.0.0.1:4100' }, {});
    expect(byVariable?.baseUrl).toBe('http://127.0.0.1:4100');
    const bySetting = chooseHubSpot({}, { hubspotBaseUrl: 'https://hubspot.example.com' });
    expect(bySetting?.baseUrl).toBe('https://hubspot.example.com');
  });
});
