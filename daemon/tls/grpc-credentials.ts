/**
 * Credentials of gRPC's clients made of certificate files: each new connection is made with the newest. Those that are open live
 * on, as TLS itself has it. Servers are mutual-tls-server.ts' business.
 */
import type { PeerCertificate } from "node:tls";
import { type ChannelCredentials, credentials, experimental } from "@grpc/grpc-js";
import type { CertificateFiles, CertificateTexts } from "./certificate-files.ts";
import { checkServer } from "./server-name.ts";

/**
 * @param files undefined: a connection in clear
 * @param isServer whether the certificate is the right server's; default: it names the address
 */
export function channelCredentials(
  files: CertificateFiles | undefined,
  isServer?: (certificate: PeerCertificate) => boolean,
): ChannelCredentials {
  if (files === undefined) return credentials.createInsecure();
  const provider = providerOf(files);
  const own = files.texts.own === undefined ? null : provider;
  const checkServerIdentity = (name: string, certificate: PeerCertificate) => {
    if (isServer === undefined) return checkServer(name, certificate, files.refused);
    return isServer(certificate) ? undefined : new Error("the certificate is another host's");
  };
  return experimental.createCertificateProviderChannelCredentials(provider, own, { checkServerIdentity });
}

type Update = (texts: CertificateTexts) => void;

/** The files as grpc-js watches certificates. */
function providerOf(files: CertificateFiles): experimental.CertificateProvider {
  const ends = new Map<unknown, () => void>();
  const add = (listener: unknown, update: Update) => {
    ends.set(listener, files.onChange(update));
    // Not at once: a server passes on what it hears only after it has begun to listen.
    queueMicrotask(() => {
      if (ends.has(listener)) update(files.texts);
    });
  };
  const remove = (listener: unknown) => {
    ends.get(listener)?.();
    ends.delete(listener);
  };
  return {
    addCaCertificateListener: (listener) => add(listener, ({ ca }) => listener({ caCertificate: ca })),
    removeCaCertificateListener: remove,
    addIdentityCertificateListener: (listener) =>
      add(listener, ({ own }) =>
        listener(own === undefined ? null : { certificate: own.cert, privateKey: own.key }),
      ),
    removeIdentityCertificateListener: remove,
  };
}
