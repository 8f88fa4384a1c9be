const cookies = new Map<string, string>();

/** Headers of a logged-in user; the login itself goes through the given address once. */
export async function sessionOf(baseUrl: string, user: number): Promise<Record<string, string>> {
  const key = `${baseUrl} ${user}`;
  const cookie = cookies.get(key) ?? (await login(baseUrl, user));
  cookies.set(key, cookie);
  return { cookie, 'content-type': 'application/json' };
}

async function login(baseUrl: string, user: number): Promise<string> {
  const answer = await fetch(`${baseUrl}/api/users/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: `user${user}@fleet.example`, password: `pw-${user}` }),
  });
  if (!answer.ok) throw new Error(`login of user ${user} answered ${answer.status}`);
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}
