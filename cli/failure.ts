/**
 * How a command ends: an error is one sentence on stderr with the program's name, never a stack trace, and an exit status by
 * the table in base/errors.ts.
 */
import { type Command, CommanderError } from "commander";
import { fromUnknown } from "../base/node-errors.ts";

/** Runs a command to its end and sets the exit status; nothing it throws gets past this. */
export async function runCommand(program: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    process.exitCode = reportFailure(program, error);
  }
}

/** Prints the error for people. @returns the exit status */
function reportFailure(program: string, error: unknown): number {
  // commander has printed its own sentence, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const failure = fromUnknown(error);
  const status = failure.origin?.statusCode;
  const told = status === undefined || failure.message.includes(String(status)) ? "" : ` (HTTP ${status})`;
  const internal = failure.code === "INTERNAL" ? "unexpected: " : "";
  for (const line of `${internal}${failure.message}${told}`.split("\n"))
    process.stderr.write(`${program}: ${withFullStop(line)}\n`);
  return failure.exitStatus;
}

function withFullStop(line: string): string {
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** Makes a command's usage errors sentences like all others, and exceptions instead of exits. */
export function plainUsageErrors<Parsed extends Command>(command: Parsed): Parsed {
  const program = command.name();
  for (const each of withSubcommands(command)) {
    each.exitOverride();
    each.configureOutput({
      outputError: (text, write) =>
        write(text.replace(/^error: (.*)$/m, (_, words) => `${program}: ${words}`)),
    });
  }
  return command;
}
