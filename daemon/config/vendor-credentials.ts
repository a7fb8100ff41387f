/**
 * Fills gaps of the mount's roots from the environment variables that the stores' own tools read. What the file says
 * wins; an access key and its secret are never mixed from two places. The environment is handed in.
 */
import type { ConfigValues } from "./schema.ts";

type Root = ConfigValues["mount"]["roots"][number];
type Environment = Readonly<Record<string, string | undefined>>;

interface VendorVariables {
  /** Names of access key, secret and session token: the first triple with key and secret is taken whole. */
  readonly credentials: readonly (readonly [key: string, secret: string, token: string])[];
  readonly region: readonly string[];
  readonly endpoint: readonly string[];
}

/** Scheme → the variables of its vendor's tools (ossutil, the Alibaba Cloud SDKs; the AWS CLI and SDKs). */
const VENDORS: Readonly<Record<string, VendorVariables>> = {
  oss: {
    credentials: [
      ["OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN"],
      ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"],
    ],
    region: ["OSS_REGION"],
    endpoint: ["OSS_ENDPOINT"],
  },
  s3: {
    credentials: [["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]],
    region: ["AWS_REGION", "AWS_DEFAULT_REGION"],
    endpoint: ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"],
  },
};

/** The roots with their gaps filled, and one more per vendor whose variables are set and whose whole scheme has no root. */
export function fillRoots(roots: readonly Root[], environment: Environment): Root[] {
  const filled = roots.map((root) => fillRoot(root, environment));
  for (const scheme of Object.keys(VENDORS)) {
    if (roots.some((root) => root.path === scheme)) continue;
    const made = fillRoot({ path: scheme, anonymous: false }, environment);
    if (Object.keys(made).length > 2) filled.push(made);
  }
  return filled;
}

function fillRoot(root: Root, environment: Environment): Root {
  const vendor = VENDORS[root.path.split("/")[0] ?? ""];
  if (vendor === undefined) return root;
  const region = root.region ?? firstSet(vendor.region, environment);
  const endpoint = root.endpoint ?? firstSet(vendor.endpoint, environment);
  return {
    ...root,
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(needsCredentials(root) ? credentialsOf(vendor, environment) : {}),
  };
}

function needsCredentials(root: Root): boolean {
  return (
    !root.anonymous &&
    root.accessKeyID === undefined &&
    root.accessKeySecret === undefined &&
    root.securityToken === undefined
  );
}

function credentialsOf(vendor: VendorVariables, environment: Environment): Partial<Root> {
  for (const [keyName, secretName, tokenName] of vendor.credentials) {
    const [accessKeyID, accessKeySecret] = [environment[keyName], environment[secretName]];
    if (!accessKeyID || !accessKeySecret) continue;
    const securityToken = environment[tokenName];
    return { accessKeyID, accessKeySecret, ...(securityToken ? { securityToken } : {}) };
  }
  return {};
}

function firstSet(names: readonly string[], environment: Environment): string | undefined {
  return names.map((name) => environment[name]).find((value) => value !== undefined && value !== "");
}
