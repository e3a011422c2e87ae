"""URLs that lead where the operator must not go, one of each kind that somebody might try.

Each says what the name server of the closed network answers for its host, and whether a connection would come about if
nothing were refused: only those prove something by staying away, and a test sees to it that they would be seen.

Sources: RFC 3986 and RFC 6874 (URLs, zone ids), RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo), RFC 4291 (IPv6),
the IANA special-purpose registries, inet_aton(3), and the address parser of the WHATWG's URL standard, which other
programs go by.
"""

from collections.abc import Sequence
from dataclasses import dataclass

PUBLIC_V4, PUBLIC_V6 = "8.8.8.8", "2606:4700:4700::1111"
"""Addresses that the rules permit. In the closed network they are this machine, like all others."""


@dataclass(frozen=True)
class HostileURL:
    """A URL. `names` is what a name in it resolves to: for each lookup the addresses, the last again and again.

    `would_connect`: with every network opened, the operator connects. Without, the URL itself is refused, or the kernel
    refuses the address.
    """

    url: str
    names: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...] = ()
    would_connect: bool = True


def _written(*hosts: str, would_connect: bool = True) -> tuple[HostileURL, ...]:
    """Addresses that stand in the URL."""
    return tuple(HostileURL(f"https://{host}/", would_connect=would_connect) for host in hosts)


def _named(name: str, *lookups: Sequence[str], would_connect: bool = True) -> HostileURL:
    """A name, and the addresses that each lookup gives."""
    return HostileURL(f"https://{name}/", ((name.rstrip("."), tuple(map(tuple, lookups))),), would_connect)


def _unusable(*urls: str) -> tuple[HostileURL, ...]:
    """URLs that are refused whatever is opened."""
    return tuple(HostileURL(url, would_connect=False) for url in urls)


_IPV4 = (
    *_written("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3"),  # noqa: S104 - an address to be refused
    *_written("10.0.0.1", "100.64.0.1", "169.254.1.1"),
    *_written("172.16.0.1", "172.31.255.254", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.0.1"),
    *_written("198.18.0.1", "198.19.255.254", "198.51.100.1", "203.0.113.1", "240.0.0.1"),
    *_written("224.0.0.1", "239.255.255.250", "255.255.255.255", would_connect=False),
)
_IPV4_SPELLED_OTHERWISE = (
    *_written("2130706433", "0x7f000001", "0X7F.0.0.1", "017700000001", "127.1", "127.0.1", "0"),
    *_written("0x0a.1", "0xa9fea9fe", "169.254.43518", "192.168.257", "127\N{IDEOGRAPHIC FULL STOP}0.0.1"),
    # addresses to some programs and to others not: whoever is asked for one, as a proxy is, may be of the former
    *_written("127.0.0.1.", "2130706433.", "0x7f.1.", "127.0.0.1..", would_connect=False),
    *_written("0177.0.0.01", "0251.0376.0251.0376", "256.256.256.256", "4294967297", would_connect=False),
    *_written(
        "127.0.0.0.1", "0x", "1.2.3.08", "hostile.0x7f000001", "127%2e0%2e0%2e1", "%31%32%37.0.0.1", would_connect=False
    ),
    *_written("\N{FULLWIDTH DIGIT ONE}27.0.0.1", "\N{CIRCLED DIGIT ONE}27.0.0.1", would_connect=False),
)
_IPV6 = (
    *_written("[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[fc00::1]", "[fd12:3456:789a::1]", "[fec0::1]"),
    *_written("[100::1]", "[2001:2::1]", "[2001:10::1]", "[2001:20::1]", "[2001:db8::1]", "[3fff::1]", "[5f00::1]"),
    *_written("[4000::1]"),
    *_written("[fe80::1]", "[ff02::1]", "[ff0e::1]", would_connect=False),
    *_written("[fe80::1%25lo]", "[fe80::1%lo]", "[fe80::1%251]", would_connect=False),
    *_written("[::1%25lo]", f"[{PUBLIC_V6}%25lo]", would_connect=False),
)
_IPV4_IN_IPV6 = (
    *_written("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:169.254.169.254]", "[::ffff:10.0.0.1]"),
    *_written("[::127.0.0.1]", "[::a00:1]", "[::ffff:0:127.0.0.1]"),
    *_written("[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::10.0.0.1]"),
    *_written("[2002:7f00:1::1]", "[2002:a9fe:a9fe::]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]"),
)
_METADATA = (
    # AWS, GCP, Azure and others; ECS; Oracle; Alibaba; Azure's platform; AWS and GCP by IPv6
    *_written("169.254.169.254", "169.254.170.2", "192.0.0.192", "100.100.100.200", "168.63.129.16"),
    *_written("[::ffff:168.63.129.16]", "[64:ff9b::168.63.129.16]", "[fd00:ec2::254]", "[fd20:ce::254]"),
)
NAMED = (
    *_written("localhost", "LOCALHOST", "localhost:10250"),
    _named("localhost.", ["127.0.0.1"]),
    _named("sub.localhost", ["127.0.0.1"]),
    _named("metadata.google.internal", ["169.254.169.254"]),
    _named("kubernetes.default.svc", ["10.96.0.1"]),
    _named("dot.hostile.example.", ["10.0.0.1"]),
    _named("v4.hostile.example", ["192.168.0.1"]),
    _named("v6.hostile.example", ["fd00::1"]),
    _named("mapped.hostile.example", ["::ffff:127.0.0.1"]),
    _named("nat64.hostile.example", ["64:ff9b::10.0.0.1"]),
    _named("6to4.hostile.example", ["2002:7f00:1::1"]),
    _named("azure.hostile.example", ["168.63.129.16"]),
    _named("second.hostile.example", [PUBLIC_V4, "10.0.0.1"]),
    _named("first.hostile.example", ["10.0.0.1", PUBLIC_V4]),
    _named("mixed.hostile.example", [PUBLIC_V4, "::1"]),
    _named("unspecified.hostile.example", ["0.0.0.0"]),  # noqa: S104 - an address to be refused
    _named("multicast.hostile.example", ["224.0.0.1"], would_connect=False),
    _named("link-local.hostile.example", ["fe80::1"], would_connect=False),
    _named("127.0.0.1.hostile.example", ["127.0.0.1"]),
    _named("xn--bcher-kva.hostile.example", ["127.0.0.1"]),
    HostileURL(
        "https://b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.hostile.example/",
        (("xn--bcher-kva.hostile.example", (("127.0.0.1",),)),),
    ),
    HostileURL(
        "https://allowed\N{FULLWIDTH FULL STOP}hostile\N{IDEOGRAPHIC FULL STOP}example/",
        (("allowed.hostile.example", (("127.0.0.1",),)),),
    ),
    _named("under_score.hostile.example", ["127.0.0.1"]),
)
_REST_OF_THE_URL = (
    *_unusable("http://127.0.0.1/", "http://allowed.example/", "ftp://127.0.0.1/", "file:///etc/passwd"),
    *_unusable("gopher://127.0.0.1/", "//127.0.0.1/", "127.0.0.1", "https:127.0.0.1", "https:///127.0.0.1/"),
    *_unusable("https://allowed.example@127.0.0.1/", "https://user:word@allowed.example/"),
    *_unusable("https://allowed.example\\@127.0.0.1/", "https://127.0.0.1\\.allowed.example/", "https://127.0.0.1:0/"),
    *_unusable("https://127.0.0.1:65536/", "https://127.0.0.1:443:443/"),
    *_unusable("https://127.0.0.1 .allowed.example/", "https://127.0.0.1\n/", "https://127.0.0.1\x00.allowed.example/"),
    *_unusable("https://[::1/", "https://::1/", "https://[127.0.0.1]/", "https://[::1].allowed.example/", "https://./"),
    *_unusable("https://../", "https://-/", "https://127.0.0.1/" + "a" * 2048),
    *_written("127.0.0.1:443", "127.0.0.1:22", "10.96.0.1:6443", "[::1]:2379", "127.0.0.1:65535"),
    *_written("@127.0.0.1", "127.0.0.1:+443", "127.0.0.1#@allowed.example", "127.0.0.1?@allowed.example"),
    HostileURL("HTTPS://127.0.0.1/"),
    HostileURL("\thttps://127.0.0.1/", would_connect=False),
)

WITHOUT_A_NAME = (*_IPV4, *_IPV4_SPELLED_OTHERWISE, *_IPV6, *_IPV4_IN_IPV6, *_METADATA, *_REST_OF_THE_URL)
HOSTILE_URLS = (*WITHOUT_A_NAME, *NAMED)

REDIRECTS = (300, 301, 302, 303, 305, 307, 308)
