// Hosts of a test's own, each a network namespace, joined by cables that can be cut. The test itself, and every process
// it starts in the usual way, runs on the host `here`. Runs inside isolated.sh: the hosts end with its process tree.
import { spawn } from 'node:child_process';
import { hasEnded, kill, run } from './process.mjs';
import { until } from './wait.mjs';

async function must(command, args, options) {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${code}: ${stderr}`);
  return stdout;
}

export class Host {
  #holder;
  plugs = [];

  constructor(holder) {
    this.#holder = holder;
  }

  get #enter() {
    return this.#holder ? ['nsenter', '-t', String(this.#holder.pid), '-n'] : [];
  }

  get pid() {
    return this.#holder?.pid ?? process.pid;
  }

  #command(command, args) {
    const [first, ...rest] = [...this.#enter, command, ...args];
    return [first, rest];
  }

  /// As child_process.spawn: the child's pid is the program's.
  spawn(command, args, options) {
    return spawn(...this.#command(command, args), options);
  }

  /// The output of a program that must succeed.
  run(command, args, options) {
    return must(...this.#command(command, args), options);
  }

  async end() {
    if (!this.#holder || hasEnded(this.#holder)) return;
    // With its cables: the kernel ends a namespace, and the interfaces in it, some time after its last process.
    for (const { name } of this.plugs) await run(...this.#command('ip', ['link', 'delete', name]));
    await kill(this.#holder);
  }
}

export const here = new Host(null);

/// A host with nothing but its loopback.
export async function startHost() {
  const holder = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const host = new Host(holder);
  const own = await here.run('readlink', ['/proc/self/ns/net']);
  await until('a namespace of its own', async () => (await run('readlink', [`/proc/${holder.pid}/ns/net`])).stdout !== own);
  await host.run('ip', ['link', 'set', 'lo', 'up']);
  return host;
}

/// One end of a cable.
class Plug {
  constructor(host, name, address) {
    this.host = host;
    this.name = name;
    this.address = address;
  }

  up() {
    return this.host.run('ip', ['link', 'set', this.name, 'up']);
  }

  down() {
    return this.host.run('ip', ['link', 'set', this.name, 'down']);
  }
}

/// Joins two hosts: `network` (`10.78.0`) gives .1 to the first and .2 to the second. Returns both plugs.
export async function cable(first, second, name, network) {
  const plugs = [[first, 'a', 1], [second, 'b', 2]].map(
    ([host, letter, number]) => new Plug(host, `${name}${letter}`, `${network}.${number}`),
  );
  // The kernel takes a while to clear away the cables of a host that has ended.
  await until(`no ${name} from before`, async () => (await run('ip', ['link', 'show', 'dev', plugs[0].name])).code !== 0);
  await here.run('ip', ['link', 'add', plugs[0].name, 'type', 'veth', 'peer', 'name', plugs[1].name]);
  for (const { host, name: interfaceName, address } of plugs) {
    if (host !== here) await here.run('ip', ['link', 'set', interfaceName, 'netns', String(host.pid)]);
    await host.run('ip', ['address', 'add', `${address}/24`, 'dev', interfaceName]);
    host.plugs.push({ name: interfaceName });
  }
  for (const plug of plugs) await plug.up();
  return plugs;
}

let cuts = 0;

/// Drops what matches until the returned function is called. `rules`: nft matches, as `udp dport 53`, tried on what
/// this host receives and on what it sends.
export async function cut(host, rules) {
  const table = `cut${++cuts}`;
  const drops = rules.map((rule) => `${rule} drop\n`).join('');
  const chain = (hook) => `chain ${hook} {\ntype filter hook ${hook} priority 0\n${drops}}\n`;
  await host.run('nft', ['-f', '-'], { input: `table inet ${table} {\n${chain('input')}${chain('output')}}\n` });
  return () => host.run('nft', ['delete', 'table', 'inet', table]);
}

/// nft matches for `cut`: everything over UDP on a plug, and of that only STUN (RFC 8489 section 5: the magic cookie).
export const udpOn = ({ name }) => [`iifname "${name}" meta l4proto udp`, `oifname "${name}" meta l4proto udp`];
export const stunOn = (plug) => udpOn(plug).map((rule) => `${rule} udp length > 27 @th,96,32 0x2112a442`);
export const tcpPort = (port) => [`tcp sport ${port}`, `tcp dport ${port}`];

/// Makes a router of a host, with NAT: what comes in at `plug` to one of the `ports`, `{ protocol, outer, inner }`, goes to
/// `address`, and so do the answers back. Nothing else passes, not even what the other side begins.
export async function forwardOnly(host, plug, address, ports) {
  await host.run('sysctl', ['-q', '-w', 'net.ipv4.ip_forward=1']);
  const rules = ports.map(({ protocol, outer, inner }) => `iifname "${plug.name}" ${protocol} dport ${outer} dnat ip to ${address}:${inner}\n`);
  const chains = [
    `chain in {\ntype nat hook prerouting priority dstnat\n${rules.join('')}}\n`,
    'chain through {\ntype filter hook forward priority filter\npolicy drop\nct status dnat accept\n}\n',
  ];
  await host.run('nft', ['-f', '-'], { input: `table inet forwarded {\n${chains.join('')}}\n` });
}
