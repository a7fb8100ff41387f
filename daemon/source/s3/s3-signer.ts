/**
 * AWS Signature Version 4 in the Authorization header, by @smithy/signature-v4. The time is handed in; no key, token or
 * signature leaves this file but in the headers it makes.
 */
import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";

export interface S3Credentials {
  readonly accessKeyID: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
}

/** A request as it will be sent; without TLS, one that has no body. */
export interface UnsignedRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "DELETE";
  readonly secure: boolean;
  /** With the port, if it is not the scheme's own. */
  readonly host: string;
  /** Percent-encoded. */
  readonly path: string;
  /** Decoded. */
  readonly query: Readonly<Record<string, string>>;
  /** Lower case; every one is signed. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What the library hashes with. */
class Sha256 {
  #hash: Hash | Hmac;
  readonly #make: () => Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key =
      secret instanceof ArrayBuffer
        ? Buffer.from(secret)
        : ArrayBuffer.isView(secret)
          ? Buffer.from(secret.buffer, secret.byteOffset, secret.byteLength)
          : secret;
    this.#make = () => (key === undefined ? createHash("sha256") : createHmac("sha256", key));
    this.#hash = this.#make();
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = this.#make();
  }
}

const EMPTY_SHA256 = createHash("sha256").digest("hex");

/**
 * The request's headers and those that sign it, without `host`, which the HTTP client sends by itself. Over TLS the
 * payload is left unsigned, as the AWS tools do; else the hash of the empty payload is signed.
 * @param nowMs time of the signature, ms since the epoch; stores accept 15 minutes of difference
 */
export async function signS3(
  request: UnsignedRequest,
  scope: { readonly credentials: S3Credentials; readonly region: string; readonly nowMs: number },
): Promise<Record<string, string>> {
  const { accessKeyID, accessKeySecret, securityToken } = scope.credentials;
  const signer = new SignatureV4({
    service: "s3",
    region: scope.region,
    credentials: {
      accessKeyId: accessKeyID,
      secretAccessKey: accessKeySecret,
      ...(securityToken === undefined ? {} : { sessionToken: securityToken }),
    },
    sha256: Sha256,
    // The path is signed as it is sent: S3 alone of AWS's services wants that.
    uriEscapePath: false,
  });
  const signed = await signer.sign(
    new HttpRequest({
      method: request.method,
      protocol: request.secure ? "https:" : "http:",
      hostname: request.host,
      path: request.path,
      query: { ...request.query },
      headers: {
        ...request.headers,
        host: request.host,
        "x-amz-content-sha256": request.secure ? "UNSIGNED-PAYLOAD" : EMPTY_SHA256,
      },
    }),
    { signingDate: new Date(scope.nowMs) },
  );
  const { host: _, ...headers } = signed.headers;
  return headers;
}
