/** Lines of a table: the first column to the left, numbers to the right, as wide as needed. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    widths
      .map((width, column) =>
        column === 0 ? (cells[column] ?? '').padEnd(width) : (cells[column] ?? '').padStart(width),
      )
      .join('   ')
      .trimEnd();
  return [line(head), widths.map((width) => '─'.repeat(width)).join('   '), ...rows.map(line)].map(
    (text) => `  ${text}`,
  );
}

/** A number with so many digits after its point. */
export const fixed = (value: number, digits = 2): string => value.toFixed(digits);

/** Whether a goal is met, in the words of a table. */
export const verdict = (isMet: boolean): string => (isMet ? 'met' : 'MISSED');
