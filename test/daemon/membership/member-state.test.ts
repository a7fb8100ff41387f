/** The list of hosts: who is in it, how many there may be, where the schedulers among them are, and what of it others are told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CERTIFICATE_ADDRESSES_MAX,
  MEMBER_ROLES_MAX,
  MEMBERS_SHOWN_MAX,
  SCHEDULERS_MAX,
} from "../../../base/limits.ts";
import {
  hostMessage,
  memberMessages,
  memberOf,
  reportOf,
} from "../../../daemon/membership/member-messages.ts";
import { type Member, parseRoles, schedulersOf } from "../../../daemon/membership/member-state.ts";
import type { ClusterMember__Output } from "../../../proto/gen/p2pfs/v1/ClusterMember.ts";
import type { MemberHost__Output } from "../../../proto/gen/p2pfs/v1/MemberHost.ts";

function member(index: number, more: Partial<Member> = {}): Member {
  return {
    memberId: index.toString(16).padStart(16, "0"),
    hostname: `host-${index}`,
    ip: `10.0.${index >> 8}.${index & 255}`,
    addresses: [],
    roles: [],
    hostId: "",
    version: "1",
    seenAtMs: index * 1000,
    isIssuer: false,
    ...more,
  };
}

test("schedulers are those that have the role and serve, IPv6 in brackets, each once, in order and within the bound", () => {
  const scheduler = (index: number, ip: string) =>
    member(index, { ip, roles: ["scheduler"], schedulerPort: 8002 });
  const { schedulerPort: _none, ...silent } = scheduler(4, "10.0.0.4");
  const hosts = [
    scheduler(1, "10.0.0.9"),
    scheduler(2, "fd00::2"),
    scheduler(3, "10.0.0.9"),
    silent,
    member(5),
  ];
  assert.deepEqual(schedulersOf(hosts), ["10.0.0.9:8002", "[fd00::2]:8002"]);
  const many = Array.from({ length: SCHEDULERS_MAX + 5 }, (_, index) => scheduler(index, member(index).ip));
  assert.equal(schedulersOf(many).length, SCHEDULERS_MAX);
});

test("a host's words travel whole, within bounds, and a newer host's roles are passed over", () => {
  const told = member(1, { addresses: ["10.0.0.1"], roles: ["scheduler", "seed"], schedulerPort: 8003 });
  const message = hostMessage(told) as MemberHost__Output;
  const { memberId: _id, seenAtMs: _seen, isIssuer: _issuer, ...report } = told;
  assert.deepEqual(reportOf(message), report);
  const much = Array.from({ length: 500 }, () => "10.0.0.1");
  const odd = reportOf({ ...message, roles: ["seed", "king"], addresses: much, schedulerPort: 0 });
  assert.deepEqual(
    [odd.roles, odd.addresses.length, odd.schedulerPort],
    [["seed"], CERTIFICATE_ADDRESSES_MAX, undefined],
  );
  assert.deepEqual(reportOf(null).roles, []);
  assert.throws(() => parseRoles(Array.from({ length: MEMBER_ROLES_MAX + 1 }, () => "seed")), {
    code: "INVALID_ARGUMENT",
  });
});

test("people are told of the hosts seen last, and not of more than fit", () => {
  const hosts = Array.from({ length: MEMBERS_SHOWN_MAX + 20 }, (_, index) => member(index));
  const shown = memberMessages(hosts).map((message) => memberOf(message as ClusterMember__Output));
  assert.equal(shown.length, MEMBERS_SHOWN_MAX);
  assert.deepEqual(shown[0], hosts.at(-1));
});
