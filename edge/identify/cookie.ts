/** The value of the only cookie of that name. Two of them could be read differently by two applications: nobody. */
export function cookieValue(header: string, name: string): string | undefined {
  const pairs = header.split(';').map((part) => part.trim());
  const values = pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
  return values.length === 1 ? values[0] : undefined;
}
