/** What OpenSSL says of certificates, in words that tell what to do. Pure. */

const WORDS: readonly (readonly [RegExp, string])[] = [
  [
    /certificate is not yet valid/,
    "the other host's certificate is not valid yet: the clock of one of the two hosts is wrong by more than a day",
  ],
  [
    /certificate has expired/,
    "the other host's certificate has expired, or the clock of this host is far ahead",
  ],
  [/alert (number 45|certificate expired)/, "the other host finds this host's certificate expired"],
  [
    /alert (number 48|unknown ca)/,
    "the other host does not know the authority of this host's certificate: it is of another cluster",
  ],
  [/alert (number 116|certificate required)/, "the other host serves only hosts with a certificate"],
  [
    /self-signed certificate in certificate chain|unable to (verify the first|get local issuer) certificate/,
    "the other host's certificate is of another authority",
  ],
];

/** The sentence with what it says of certificates put plainly; as it was where it says nothing of them. */
export function plainTlsWords(message: string): string {
  for (const [pattern, words] of WORDS)
    if (pattern.test(message)) {
      const colon = message.indexOf(": ");
      return colon < 0 ? words : `${message.slice(0, colon)}: ${words}`;
    }
  return message;
}
