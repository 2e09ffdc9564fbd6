/** What a curl line got. */
export interface CurlAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/**
 * Runs a curl line as it is printed for people, on machines that need not have curl: it knows blanks, single quotes, `-i`, `-H`
 * and `-d`. Throws for anything else, so that a line that only looks right does not pass.
 */
export async function runCurlLine(line: string): Promise<CurlAnswer> {
  const [command, ...words] = splitWords(line);
  if (command !== 'curl') throw new Error(`no curl line: ${line}`);
  const headers = new Headers();
  const urls: string[] = [];
  let body: string | undefined;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '-i') continue;
    if (word === '-d') body = words.shift();
    else if (word === '-H') addHeader(headers, words.shift() ?? '');
    else if (word.startsWith('http')) urls.push(word);
    else throw new Error(`unknown in a curl line: ${word}`);
  }
  const [url, ...more] = urls;
  if (url === undefined || more.length > 0) throw new Error(`a curl line has one address: ${line}`);
  const response = await fetch(url, { headers, ...(body !== undefined && { method: 'POST', body }) });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** A shell's words; outside of quotes the shell would make something of any of these characters. */
function splitWords(line: string): string[] {
  const words = [...line.matchAll(/\s*(?:'([^']*)'|([^\s'"`$&|;<>()*?[\]{}!#~\\]+))(?=\s|$)/gy)];
  const length = words.reduce((sum, [whole]) => sum + whole.length, 0);
  if (length !== line.trimEnd().length) throw new Error(`a shell would not read this as it stands: ${line}`);
  return words.map(([, quoted, bare]) => quoted ?? bare ?? '');
}

function addHeader(headers: Headers, header: string): void {
  const [, name = '', value = ''] = /^([\w-]+): (.+)$/.exec(header) ?? [];
  headers.append(name, value);
}
