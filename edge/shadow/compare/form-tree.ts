/** A form's fields as JSON: a name that comes once is a string, one that comes again a list in its order. */
export function formTree(body: Buffer): Buffer {
  const fields = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) {
    const values = fields.get(name);
    if (values) values.push(value);
    else fields.set(name, [value]);
  }
  const members = [...fields].map(([name, values]) => {
    const value = values.length === 1 ? values[0] : values;
    return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  });
  return Buffer.from(`{${members.join(',')}}`);
}
