/** The template holds something that this runner cannot run as AWS would; the message names it. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}
