"""A network of this process's own, in which every address is this machine, and whatever is sent is seen.

For what must never be connected to: metadata services, other people's servers, half of the private networks. In here
each of them is the loopback interface, so a request that gets out is counted and harms nobody. Linux only; it takes a
namespace (namespaces(7)), which `ENTER` makes, and `ip` and `mount` to furnish it.
"""

import asyncio
import shutil
import socket
import struct
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import cast

ENTER = (
    ("unshare", "--net", "--mount", "--user", "--map-root-user"),
    ("unshare", "--net", "--mount"),
)
"""Ways to run a command in new namespaces; the second is for root, where others may not make any."""

NEEDED = ("unshare", "ip", "mount")

_FURNISH = (
    "ip link set lo up",
    "ip route add local 0.0.0.0/0 dev lo",
    "ip -6 route add local ::/0 dev lo",
)
_NAME_SERVER = ("127.0.0.1", 53)
_TYPE_A, _TYPE_AAAA = 1, 28
_EVERY_PROTOCOL = 3
_TCP, _UDP, _ICMPV6 = 6, 17, 58
_SYN, _ACK = 0x02, 0x10

Destination = tuple[str, int]


def why_impossible() -> str | None:
    """Why there can be no such network on this machine; None if there can."""
    missing = [program for program in NEEDED if shutil.which(program) is None]
    if missing:
        return f"there is no {missing[0]} on this machine"
    said = ""
    for way in ENTER:
        tried = subprocess.run([*way, "sh", "-c", " && ".join(_FURNISH)], capture_output=True, text=True, check=False)
        if tried.returncode == 0:
            return None
        said = said or tried.stderr.strip()
    return f"this machine gives no network of one's own: {said}"


def entered(*command: str) -> list[str]:
    """The command line that runs a command in new namespaces."""
    for way in ENTER:
        if subprocess.run([*way, "true"], capture_output=True, check=False).returncode == 0:
            return [*way, *command]
    raise OSError("no namespace can be made")


def furnish(folder: Path) -> None:
    """Make every address this machine's, and `_NAME_SERVER` the only source of names but for localhost."""
    interfaces = [name for _, name in socket.if_nameindex()]
    if interfaces != ["lo"]:
        raise OSError(f"this is no network of one's own: it has {', '.join(interfaces)}")
    for line in _FURNISH:
        subprocess.run(line.split(), check=True)
    files = {
        "resolv.conf": f"nameserver {_NAME_SERVER[0]}\n",
        "hosts": "127.0.0.1 localhost\n::1 localhost\n",
        "nsswitch.conf": "hosts: files dns\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
        subprocess.run(["mount", "--bind", folder / name, f"/etc/{name}"], check=True)


class NameServer(asyncio.DatagramProtocol):
    """Answers questions for addresses by a table: for each name, what each lookup gives, the last again and again.

    A lookup asks for IPv4 and IPv6 addresses, and the questions are counted apart.
    """

    def __init__(self, names: Mapping[str, tuple[tuple[str, ...], ...]]) -> None:
        self._names = names
        self._asked: Counter[tuple[str, int]] = Counter()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Destination) -> None:
        assert self._transport is not None
        self._transport.sendto(self._answer(data), addr)

    def _answer(self, query: bytes) -> bytes:
        labels, position = [], 12
        while length := query[position]:
            labels.append(query[position + 1 : position + 1 + length])
            position += 1 + length
        name = b".".join(labels).decode().lower()
        (kind,) = struct.unpack_from("!H", query, position + 1)
        lookups = self._names.get(name)
        found: list[bytes] = []
        if lookups is not None:
            addresses = lookups[min(self._asked[name, kind], len(lookups) - 1)]
            self._asked[name, kind] += 1
            size = {_TYPE_A: 4, _TYPE_AAAA: 16}.get(kind)
            found = [packed for packed in (ip_address(a).packed for a in addresses) if len(packed) == size]
        response, no_such_name = 0x8400, 0 if lookups is not None else 3
        header = query[:2] + struct.pack("!5H", response | no_such_name, 1, len(found), 0, 0)
        records = b"".join(struct.pack("!3HIH", 0xC00C, kind, 1, 0, len(packed)) + packed for packed in found)
        return header + query[12 : position + 5] + records


@asynccontextmanager
async def name_server(names: Mapping[str, tuple[tuple[str, ...], ...]]) -> AsyncIterator[None]:
    """Answer for these names, and for no others."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: NameServer(names), local_addr=_NAME_SERVER)
    try:
        yield
    finally:
        transport.close()


class Wiretap:
    """What leaves this machine's programs: the first packet of each connection, and every other kind of packet.

    A packet to loopback is seen before the system call returns that sends it, so after an attempt all of it is there.
    """

    def __init__(self, tap: socket.socket) -> None:
        self._tap = tap

    def seen(self) -> list[Destination]:
        """Where something was sent since this was last asked; questions to the name server do not count."""
        found: list[Destination] = []
        while True:
            try:
                packet, (_, _, direction, _, _) = self._tap.recvfrom(65536)
            except BlockingIOError:
                return found
            destination = _destination(packet) if direction == socket.PACKET_OUTGOING else None
            if destination is not None:
                found.append(destination)


@contextmanager
def wiretap() -> Iterator[Wiretap]:
    """See all that is sent from now on."""
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_EVERY_PROTOCOL))
    tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
    tap.setblocking(False)
    try:
        yield Wiretap(tap)
    finally:
        tap.close()


def _destination(packet: bytes) -> Destination | None:
    """Where a packet goes that somebody sends first; None for those that follow, and for names and their errors."""
    if packet[0] >> 4 == 4:
        protocol, target, payload = packet[9], packet[16:20], packet[4 * (packet[0] & 15) :]
    else:
        protocol, target, payload = packet[6], packet[24:40], packet[40:]
    address = str(ip_address(target))
    (source_port, port) = struct.unpack_from("!HH", payload)
    if protocol == _TCP:
        return (address, port) if payload[13] & (_SYN | _ACK) == _SYN else None
    if protocol == _UDP:
        return None if _NAME_SERVER[1] in (port, source_port) else (address, port)
    return None if protocol == _ICMPV6 else (address, 0)
