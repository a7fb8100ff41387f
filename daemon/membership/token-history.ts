/** What became of tokens: how many hosts each has let in, and which were ended with a host that came by them. Pure. */
import { judgeToken, type TokenRecord } from "./token.ts";

export interface TokenHistory {
  /** Hosts let in, by the token's id. */
  readonly tokenUses: Readonly<Record<string, number>>;
  /** Ids of tokens that let nobody in any more. */
  readonly endedTokens: readonly string[];
}

/** Why a token lets nobody in, as the host that asks is told. */
export const REFUSALS = {
  unknown:
    "the cluster knows no such token: it was revoked, or is another cluster's; 'p2pfs cluster token' on its first host makes a new one",
  expired: "the token has expired: 'p2pfs cluster token' on the cluster's first host makes a new one",
  spent:
    "the token has let in as many hosts as it may: 'p2pfs cluster token' on the cluster's first host makes a new one",
} as const;

/** The token that was shown, where it lets in; else why not. */
export function admissionBy(
  tokens: readonly TokenRecord[],
  given: { readonly id: Uint8Array; readonly secret: Uint8Array },
  history: TokenHistory,
  nowMs: number,
): { readonly tokenId: string } | { readonly refusal: keyof typeof REFUSALS } {
  const { verdict, record } = judgeToken(tokens, given, nowMs);
  if (verdict !== "good") return { refusal: verdict };
  if (history.endedTokens.includes(record.id)) return { refusal: "unknown" };
  return mayLetIn(record, history) ? { tokenId: record.id } : { refusal: "spent" };
}

/** Whether it lets in one more host, as long as its time is not over. */
export function mayLetIn({ id, usesMax }: TokenRecord, { tokenUses, endedTokens }: TokenHistory): boolean {
  return !endedTokens.includes(id) && (usesMax === undefined || (tokenUses[id] ?? 0) < usesMax);
}

/** One host more came by it. */
export function withUse({ tokenUses, endedTokens }: TokenHistory, tokenId: string): TokenHistory {
  return { tokenUses: { ...tokenUses, [tokenId]: (tokenUses[tokenId] ?? 0) + 1 }, endedTokens };
}

/** Less those that are no more. */
export function ofTokens(
  { tokenUses, endedTokens }: TokenHistory,
  tokens: readonly TokenRecord[],
): TokenHistory {
  const ids = new Set(tokens.map(({ id }) => id));
  return {
    tokenUses: Object.fromEntries(Object.entries(tokenUses).filter(([id]) => ids.has(id))),
    endedTokens: endedTokens.filter((id) => ids.has(id)),
  };
}
