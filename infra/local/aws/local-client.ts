/** What an SDK client needs to speak to an embedded service; the credentials are signed with and never checked. */
export function localClient(endpoint: string) {
  return { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
}
