"""Which addresses the operator may call at all: pure rules over URLs and IP addresses.

Whoever may create a campaign can name a host, and a host can resolve to anything: the node's metadata
service, the API server, a database in the same cluster. So the rule is a list of what is refused, checked
against the address that is about to be connected to, and a URL is only ever as good as that address. Owns the
rules and their wording; must not resolve or connect.

The special-purpose networks are those of the IANA registries
(https://www.iana.org/assignments/iana-ipv4-special-registry,
https://www.iana.org/assignments/iana-ipv6-special-registry), and the one metadata service that has a public address.
`ipaddress.is_global` is asked last, for what later versions of Python know, and is not enough by itself: it calls the
NAT64 and 6to4 forms of a private address global.
"""

import re
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network

_LONGEST_URL = 2048
_HOST_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?")
# No name ends so. Some programs take it for an address, such as 127.0.0.1. with a dot at the end; a proxy may be one
# (https://url.spec.whatwg.org/#ends-in-a-number-checker).
_ENDS_IN_A_NUMBER = re.compile(r"(?:^|\.)(?:[0-9]+|0[xX][0-9A-Fa-f]*)\.*$")

_NAT64 = IPv6Network("64:ff9b::/96")

_REFUSED: tuple[tuple[IPNetwork, str], ...] = tuple(
    (ip_network(network), kind)
    for network, kind in (
        ("0.0.0.0/8", "an unspecified"),
        ("10.0.0.0/8", "a private"),
        ("100.64.0.0/10", "a shared"),
        ("127.0.0.0/8", "a loopback"),
        # https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
        ("168.63.129.16/32", "a cloud platform"),
        ("169.254.0.0/16", "a link-local"),
        ("172.16.0.0/12", "a private"),
        ("192.0.0.0/24", "a reserved"),
        ("192.0.2.0/24", "a documentation"),
        ("192.88.99.0/24", "a reserved"),
        ("192.168.0.0/16", "a private"),
        ("198.18.0.0/15", "a benchmarking"),
        ("198.51.100.0/24", "a documentation"),
        ("203.0.113.0/24", "a documentation"),
        ("224.0.0.0/4", "a multicast"),
        ("240.0.0.0/4", "a reserved"),
        ("::/128", "an unspecified"),
        ("::1/128", "a loopback"),
        ("64:ff9b:1::/48", "a translated (local NAT64)"),
        ("2001::/32", "a tunnelled (Teredo)"),
        ("2001:2::/48", "a benchmarking"),
        ("2001::/23", "a reserved"),
        ("2001:db8::/32", "a documentation"),
        ("2002::/16", "a tunnelled (6to4)"),
        ("3fff::/20", "a documentation"),
        ("fc00::/7", "a private"),
        ("fe80::/10", "a link-local"),
        ("fec0::/10", "a site-local"),
        ("ff00::/8", "a multicast"),
    )
)
_GLOBAL_UNICAST_V6 = IPv6Network("2000::/3")


class DestinationRefusedError(Exception):
    """Our own rules forbid the destination; nothing was sent. The message is fit for users."""


class AddressRefusedError(DestinationRefusedError):
    """It is an address of a kind that is refused (`a private`).

    The message names the host and that kind, but not the address: who may create a campaign is not thereby entitled to
    learn what the cluster's name server knows.
    """

    def __init__(self, host: str, kind: str) -> None:
        super().__init__(f"{host} is {kind} address; the operator connects to it only if --allow-cidr permits it")
        self.kind = kind


def checked_url(text: str) -> httpx.URL:
    """The URL, parsed once by the library that will also send to it.

    Raises DestinationRefusedError unless it is https, names a host (a name, or an address without a zone id)
    and a usable port, and carries no user information. The message repeats nothing of the path or query,
    where webhook URLs keep their secrets.
    """
    if len(text) > _LONGEST_URL:
        raise DestinationRefusedError(f"the URL is longer than {_LONGEST_URL} characters")
    try:
        url = httpx.URL(text)
        host = url.raw_host.decode("ascii")  # a zone id may have any characters, and httpx encodes it only now
    except (httpx.InvalidURL, ValueError) as error:
        raise DestinationRefusedError("the URL cannot be read") from error
    if url.scheme != "https":
        raise DestinationRefusedError("the URL must start with https://")
    if url.userinfo:
        raise DestinationRefusedError("the URL must not contain a user name or password")
    if literal_address(host) is None and (not _HOST_NAME.fullmatch(host) or _ENDS_IN_A_NUMBER.search(host)):
        raise DestinationRefusedError("the URL has no valid host")
    if url.port is not None and not 0 < url.port < 65536:
        raise DestinationRefusedError("the URL has no valid port")
    return url


def literal_address(host: str) -> IPAddress | None:
    """The address that a host is by itself, old IPv4 spellings (`127.1`, `0x7f01`) too; None for a name."""
    try:
        address = ip_address(host)
    except ValueError:
        try:
            return IPv4Address(socket.inet_aton(host)) if host[:1].isdigit() else None
        except (OSError, ValueError):
            return None
    return None if "%" in host else address


def why_refused(address: str, allowed: tuple[IPNetwork, ...]) -> str | None:
    """Why an address must not be connected to, as the words before "address"; None if it may.

    `allowed` names networks that an administrator has opened. An IPv4 address inside an IPv6 one (mapped,
    NAT64) is judged as the IPv4 address that the packets will reach. Zone ids are refused whatever is
    allowed: they mean another place on every machine.
    """
    if "%" in address:
        return "a zone-bound"
    try:
        parsed = ip_address(address)
    except ValueError:
        return "an unreadable"
    reached = _reached(parsed)
    if any(_contains(network, candidate) for network in allowed for candidate in (parsed, reached)):
        return None
    for network, kind in _REFUSED:
        if _contains(network, reached):
            return kind
    if isinstance(reached, IPv6Address) and reached not in _GLOBAL_UNICAST_V6:
        return "a reserved"
    return None if reached.is_global else "a special-purpose"


def _reached(address: IPAddress) -> IPAddress:
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(address.packed[-4:])
    return address


def _contains(network: IPNetwork, address: IPAddress) -> bool:
    return network.version == address.version and address in network
