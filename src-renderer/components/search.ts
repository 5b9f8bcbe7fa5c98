/** The terms of a search, all of which must be found: words, and “words in quotes” as they stand. */
export function termsOf(query: string): string[] {
  const found = query.toLowerCase().matchAll(/"([^"]+)"|[^\s"]+/g);
  return [...found].map(([word, phrase]) => phrase ?? word);
}
