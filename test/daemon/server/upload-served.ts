/** The server for other hosts on a loopback port, over the same engine and storage as the socket's; and a client of it. */
import type { TestContext } from "node:test";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import { UploadServer, type UploadServerOptions } from "../../../daemon/server/upload-server.ts";
import type { SyncPiecesResponse__Output } from "../../../proto/gen/dfdaemon/v2/SyncPiecesResponse.ts";
import { DfdaemonUpload, Health } from "../../../proto/load.ts";
import { type Served, type ServeOptions, serve } from "./served.ts";

export interface UploadServed extends Served {
  readonly upload: InstanceType<typeof DfdaemonUpload>;
  readonly uploadHealth: InstanceType<typeof Health>;
  readonly uploadServer: UploadServer;
  readonly uploadPort: number;
}

export async function serveUploads(
  t: TestContext,
  options: ServeOptions & { readonly upload?: Partial<UploadServerOptions> } = {},
): Promise<UploadServed> {
  const served = await serve(t, options);
  const uploadServer = new UploadServer({
    context: served.context,
    pieces: () => ({ ip: "10.0.0.7", tcpPort: 4005 }),
    network: async () => ({ maxReceiveRate: 2e9, maxSendRate: 1e9, receiveRate: 5, sendRate: 7 }),
    shares: true,
    ...options.upload,
  });
  const uploadPort = await uploadServer.listen("127.0.0.1", 0);
  const address = `127.0.0.1:${uploadPort}`;
  const plain = credentials.createInsecure();
  const upload = new DfdaemonUpload(address, plain, {
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
  });
  const uploadHealth = new Health(address, plain);
  t.after(async () => {
    upload.close();
    uploadHealth.close();
    await uploadServer.close();
  });
  return { ...served, upload, uploadHealth, uploadServer, uploadPort };
}

/** A child that listens, what it was told so far, and how it ended. */
export interface Listening {
  readonly told: SyncPiecesResponse__Output[];
  readonly over: Promise<ServiceError | undefined>;
  cancel(): void;
}

export function listenFor(
  { upload }: Pick<UploadServed, "upload">,
  taskId: string,
  pieces: readonly number[],
): Listening {
  const told: SyncPiecesResponse__Output[] = [];
  const call = upload.syncPieces({ hostId: "child-host", taskId, interestedPieceNumbers: [...pieces] });
  call.on("data", (message: SyncPiecesResponse__Output) => told.push(message));
  const over = new Promise<ServiceError | undefined>((resolve) => {
    call.on("error", (error: ServiceError) => resolve(error));
    call.on("end", () => resolve(undefined));
  });
  return { told, over, cancel: () => call.cancel() };
}

export const numbersOf = ({ told }: Listening) => told.map(({ number }) => number);
