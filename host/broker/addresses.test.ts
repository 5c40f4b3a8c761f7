import assert from "node:assert/strict";
import { BlockList, isIP } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { isLocalName, networkOf, rangesNotPublic, type Network } from "./addresses.ts";

test("every special network has its name", () => {
  const samples: Record<Network, string[]> = {
    public: ["8.8.8.8", "1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "2a00:1450:4001::200e"],
    metadata: ["169.254.169.254", "169.254.170.2", "100.100.100.200", "fd00:ec2::254"],
    loopback: ["127.0.0.1", "127.255.255.255", "::1"],
    private: ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "fd12::1", "fec0::1"],
    "link-local": ["169.254.1.1", "fe80::1", "fe80::1%eth0"],
    multicast: ["224.0.0.1", "239.255.255.250", "255.255.255.255", "ff02::1"],
    translated: [
      "::ffff:127.0.0.1",
      "::ffff:8.8.8.8",
      "64:ff9b::7f00:1",
      "64:ff9b:1::a00:1",
      "2001:0:1::1",
      "2002:7f00:1::",
      "192.88.99.1",
    ],
    reserved: ["0.0.0.0", "0.1.2.3", "192.0.2.1", "198.18.0.1", "203.0.113.9", "240.0.0.1", "::", "::7f00:1"],
  };
  for (const [network, addresses] of Object.entries(samples)) {
    for (const address of addresses) assert.equal(networkOf(address), network, address);
  }
  for (const address of ["2001:db8::1", "3fff::1", "100::1", "4000::1", "5f00::1", "localhost", ""]) {
    assert.equal(networkOf(address), "reserved", address);
  }
});

test("the borders of the private ranges are exact", () => {
  for (const address of [
    "9.255.255.255",
    "11.0.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "100.63.255.255",
    "100.128.0.0",
  ]) {
    assert.equal(networkOf(address), "public", address);
  }
});

test("no IPv6 address that carries an IPv4 one counts as public", () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.constantFrom("::ffff:", "64:ff9b::", "::", "::ffff:0:"), (address, prefix) => {
      return networkOf(prefix + address) !== "public";
    }),
  );
});

test("local names are those that the public internet does not know", () => {
  for (const host of [
    "localhost",
    "a.localhost",
    "nas",
    "nas.local",
    "x.internal",
    "x.home.arpa",
    "router.lan",
  ]) {
    assert.ok(isLocalName(host), host);
  }
  for (const host of ["example.org", "local.example.org", "mylocal.com"]) assert.ok(!isLocalName(host), host);
});

test("the ranges for Squid hold exactly what is not public, and none of them holds another", () => {
  const ranges = rangesNotPublic();
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    const family = address.includes(":") ? "ipv6" : "ipv4";
    assert.ok(!list.check(address, family), range);
    list.addSubnet(address, Number(bits), family);
  }
  const ipv6 = fc.ipV6().filter((address) => isIP(address) === 6 && !/^0*:/.test(address));
  const global = fc
    .array(fc.nat(0xffff), { minLength: 7, maxLength: 7 })
    .map((groups) => `2001:${groups.map((group) => group.toString(16)).join(":")}`);
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), ipv6, global), (address) => {
      const isListed = list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
      return isListed === (networkOf(address) !== "public");
    }),
  );
});
