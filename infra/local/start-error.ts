/** The relay cannot start, for a reason that its user can do something about; the message is one sentence. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
