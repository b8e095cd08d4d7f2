/** The aws command that does what a form does. */

type Value = string | boolean | string[] | undefined;

/** `aws iam create-role --role-name NAME …`, quoted for a POSIX shell. `true` is a bare switch, undefined leaves it out. */
export function aws(service: string, operation: string, options: Record<string, Value>): string {
  const parts = ['aws', service, operation];
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === false) continue;
    parts.push(`--${name}`);
    if (value === true) continue;
    parts.push(...(Array.isArray(value) ? value : [value]).map(quoted));
  }
  return parts.join(' ');
}

export function quoted(text: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
