/** A certificate authority and a server certificate below it, made with openssl for one test and thrown away. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Paths of PEM files. */
export interface Certificates {
  /** What a client must trust. */
  readonly caFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];

/**
 * Makes the files in `folder`, which must exist.
 * @param names subject alternative names of the server, in openssl's form ("IP:127.0.0.1", "DNS:localhost").
 */
export async function makeCertificates(
  folder: string,
  names: readonly string[] = ["IP:127.0.0.1", "DNS:localhost"],
): Promise<Certificates> {
  const at = (name: string) => join(folder, name);
  await run("openssl", [
    ...["req", "-x509", ...NEW_KEY, "-subj", "/CN=p2pfs test authority"],
    ...["-keyout", at("ca.key"), "-out", at("ca.pem")],
  ]);
  await run("openssl", [
    ...["req", "-new", ...NEW_KEY.slice(0, -2), "-subj", "/CN=p2pfs test origin"],
    ...["-keyout", at("server.key"), "-out", at("server.csr")],
  ]);
  writeFileSync(at("names.cnf"), `subjectAltName=${names.join(",")}\n`);
  await run("openssl", [
    ...["x509", "-req", "-in", at("server.csr"), "-CA", at("ca.pem"), "-CAkey", at("ca.key")],
    ...["-CAcreateserial", "-days", "2", "-extfile", at("names.cnf"), "-out", at("server.pem")],
  ]);
  return { caFile: at("ca.pem"), certificateFile: at("server.pem"), keyFile: at("server.key") };
}

/** The files as texts, as node:tls takes them. */
export function readCertificates(files: Certificates): { ca: string; cert: string; key: string } {
  return {
    ca: readFileSync(files.caFile, "utf8"),
    cert: readFileSync(files.certificateFile, "utf8"),
    key: readFileSync(files.keyFile, "utf8"),
  };
}
