/** `p2pfs link` and `p2pfs unlink`: names below url/ in the mounts, for URLs that no path can say. */
import { type Command, InvalidArgumentError } from "commander";
import { InvalidInputError } from "../base/errors.ts";
import { ask } from "./daemon-client.ts";
import { connectDaemon } from "./daemon-start.ts";
import { type HomeOptions, openHome, withHomeOptions } from "./home.ts";

interface LinkFlags extends HomeOptions {
  readonly header?: readonly (readonly [string, string])[];
  readonly digest?: string;
}

function header(text: string, before: readonly (readonly [string, string])[] = []) {
  const [, name = "", value = ""] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(.*)$/s.exec(text) ?? [];
  if (name === "") throw new InvalidArgumentError('It must read "Name: value".');
  return [...before, [name, value] as const];
}

export function addLink(program: Command): void {
  const link = program
    .command("link")
    .description("Gives a URL a name below url/ in the mounts, and prints it.")
    .argument("<URL>", "http, https, oss or s3 URL; its query and the headers stay secret")
    .argument("[NAME]", "the name (default: the last component of the URL's path)")
    .option("-H, --header <HEADER>", 'request header "Name: value"; repeatable', header)
    .option("--digest <DIGEST>", "of the content, ALGORITHM:HEX: bytes that differ are never served");
  withHomeOptions(link).action(async (url: string, name: string | undefined, flags: LinkFlags) => {
    if (!URL.canParse(url)) throw new InvalidInputError(`not an absolute URL: ${url}`);
    await withDaemon(flags, async (control) => {
      const made = await ask(control, "link", {
        url,
        header: Object.fromEntries(flags.header ?? []),
        ...(name === undefined ? {} : { name }),
        ...(flags.digest === undefined ? {} : { digest: flags.digest }),
      });
      process.stdout.write(`url/${made.name}\n`);
    });
  });
  const unlink = program
    .command("unlink")
    .description("Removes a name that link made; what is open stays open.")
    .argument("<NAME>", "the name, with or without url/");
  withHomeOptions(unlink).action((name: string, flags: HomeOptions) =>
    withDaemon(flags, async (control) => {
      await ask(control, "unlink", { name: name.replace(/^url\//, "") });
    }),
  );
}

type Control = Awaited<ReturnType<typeof connectDaemon>>["control"];

async function withDaemon(flags: HomeOptions, use: (control: Control) => Promise<void>): Promise<void> {
  const client = await connectDaemon(await openHome(flags));
  try {
    await use(client.control);
  } finally {
    client.close();
  }
}
