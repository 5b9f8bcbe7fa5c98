/**
 * An http or https address in the one spelling it is granted, asked and recorded by; null for anything else. A password
 * in it is refused, since experiments and sessions are passed on.
 */
export function addressOf(text: string): string | null {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return null;
  }
  const plain = url.username === '' && url.password === '' && url.hash === '';
  return /^https?:$/.test(url.protocol) && plain ? url.href : null;
}
